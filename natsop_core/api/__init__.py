"""The custom resources as users write them: typed, frozen, validated as strictly as the API server does it."""
