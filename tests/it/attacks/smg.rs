//! SMG: requests that two readers read differently.
