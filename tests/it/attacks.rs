//! What hostile clients send, each through every door by which it can come.

mod ses;
