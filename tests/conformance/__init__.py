"""What every resource service must do, whatever it books: one suite, subclassed per service."""
