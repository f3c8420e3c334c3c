"""Plain loops over primitive arrays, compiled by numba: no BLAS, no fastmath, nothing allocated in a loop."""
