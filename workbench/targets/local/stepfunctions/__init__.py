"""A state machine in Amazon States Language (JSONPath), run under the virtual clock."""
