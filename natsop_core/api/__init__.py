"""Models of the custom resources as users write them: typed, frozen, and validated like the API server does."""
