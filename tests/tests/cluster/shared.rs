//! One cluster for all tests that leave it as it was.

use anyhow::Result;
use klatch_tests::cluster::Cluster;
use tokio::sync::OnceCell;

/// A static is never dropped: the processes end with that of the tests.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// Three nodes with one space, `test`.
pub(crate) async fn cluster() -> Result<&'static Cluster> {
    CLUSTER.get_or_try_init(Cluster::of_three).await
}
