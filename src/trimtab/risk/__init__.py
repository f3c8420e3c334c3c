"""Floor 2: how securities move together: Σ = G Gᵀ + diag(D), per year, the same bits on every machine."""
