//! FSR: other users of the machine, and what lies in the data folder.
