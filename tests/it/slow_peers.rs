//! Peers that don't speak, don't read, or do both a byte at a time: each is given up, nothing of it is left,
//! and nobody else is hurt. Their times are short here; who is given up wrongly is shown with a clock that is
//! turned by hand, beside the code.

mod bodies;
mod live;
mod wishes;

use std::time::Duration;

use longshore::testing::Patience;

use crate::support::TestApp;

/// An hour: for what is not meant.
const LONG: Duration = Duration::from_secs(3_600);

/// A server that gives up soon for one reason, and not for the others.
async fn impatient(change: impl FnOnce(&mut Patience)) -> TestApp {
    let mut patience = Patience { hello: LONG, silence: LONG, body: LONG };
    change(&mut patience);
    TestApp::with(|builder| builder.patience(patience)).await
}
