"""The film: one batch on every design as dots, from waiting through at work to done and known."""
