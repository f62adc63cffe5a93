"""From what the user wrote and what is live to a value with nothing optional left that a builder must guess."""
