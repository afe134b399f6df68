//! Searches end, and nobody waits behind them.

use cluster::cluster;

use super::{Op, Store, Tx};
use crate::error::StoreError;
use crate::sql::Sql;

static ENDLESS: Sql = Sql::new(
    "searches",
    "ENDLESS",
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT 1 FROM numbers) SELECT count(*) AS n FROM numbers",
);
static QUICK: Sql = Sql::new("searches", "QUICK", "SELECT 1 AS n");

struct Endless;

impl Op for Endless {
    type Out = ();
    type Error = StoreError;

    fn searches(&self) -> bool {
        true
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.query(&ENDLESS, &[]).await.map(drop)
    }
}

struct Quick {
    searches: bool,
}

impl Op for Quick {
    type Out = ();
    type Error = StoreError;

    fn searches(&self) -> bool {
        self.searches
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.query(&QUICK, &[]).await.map(drop)
    }
}

#[tokio::test]
async fn searches_end_and_nobody_waits_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("test.db").display());
    for url in [file, cluster().empty_database()] {
        let store = Store::open(&url).await.unwrap();
        // More than there are connections of any kind.
        let search = || {
            let store = store.clone();
            tokio::spawn(async move { store.read(Endless).await })
        };
        let mut searches: Vec<_> = (0..20).map(|_| search()).collect();
        let first = searches.remove(0).await.unwrap();
        assert_eq!(first, Err(StoreError::TooSlow), "{url}");
        store.read(Quick { searches: false }).await.unwrap();
        assert!(!searches.iter().all(|search| search.is_finished()), "others waited for every search: {url}");
        for search in searches {
            search.abort();
        }
        // Nobody waits for them any more, so they are not done; and the connection is as good as before.
        store.read(Quick { searches: true }).await.unwrap();
        store.close().await;
    }
}
