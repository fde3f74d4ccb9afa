"""What the calculator page answers from: curves of model runs over the number of items."""
