"""`python -m tests.fuzz.mutate <reader> <corpus> [libFuzzer flags]`: one reader under atheris.

Must not: read the project before it is instrumented; coverage is what guides the mutation.
"""

from __future__ import annotations

import sys

import atheris

INSTRUMENTED = [
    "services.console", "services.bookings.hotels", "services.visits.queries", "shared.contracts",
    "shared.chassis.connection", "shared.sheets", "yaml",
]  # fmt: skip

with atheris.instrument_imports(include=INSTRUMENTED):
    from tests.fuzz.readers import READERS


@atheris.instrument_func
def broken(body: bytes) -> None:
    """A reader with a mistake, by which the tests see that mistakes are found."""
    if body[:1] == b"!":
        print(1 // 0)


def main() -> None:
    """Run until the flags say stop; the process ends with an error at the first finding."""
    name = sys.argv.pop(1)
    read = {**READERS, "broken": broken}[name]

    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
