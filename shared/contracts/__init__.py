"""The public language of Redcrown: every message, document and value that crosses a service.

Owns: plain pydantic models and the rules that derive subjects, streams and consumer names.
Must not: do I/O, read a clock, or import anything of `shared.chassis`, `shared.holds`, `services`.
"""
