"""The suite's assertions say what they compared."""

import pytest

pytest.register_assert_rewrite("tests.hotels.suite")
