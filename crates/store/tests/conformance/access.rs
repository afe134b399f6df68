//! Sessions, tokens, channels, idempotency keys.

use domain::channel::Channel;
use store::idempotency::Made;
use store::sessions::SessionRow;
use store::tokens::TokenRow;
use store::{Store, StoreError, channels, idempotency, sessions, tokens};

use crate::support::{World, at, keep};
use crate::{read, write};

pub async fn sessions_live_and_end(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let session = |n: u8, user_id| SessionRow {
        token_hash: [n; 32],
        organization_id: org,
        user_id,
        created_at: at(i64::from(n)),
        last_used_at: at(i64::from(n)),
    };
    let rows = keep([session(1, world.ana.id), session(2, world.ana.id), session(3, world.ben.id)]);
    write!(store, tx => {
        for row in rows {
            sessions::insert(tx, row).await?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(read!(store, tx => sessions::get(tx, &[2; 32]).await), Ok(Some(rows[1].clone())));
    assert_eq!(read!(store, tx => sessions::get(tx, &[9; 32]).await), Ok(None));

    for (minute, moved, last) in [(10, true, 10), (10, false, 10), (9, false, 10)] {
        let touched = write!(store, tx => sessions::touch(tx, &[1; 32], at(minute)).await);
        assert_eq!(touched, Ok(moved), "minute {minute}");
        let found = read!(store, tx => sessions::get(tx, &[1; 32]).await).unwrap().unwrap();
        assert_eq!(found.last_used_at, at(last));
    }
    assert_eq!(write!(store, tx => sessions::delete_idle(tx, at(3), at(0)).await), Ok(1), "idle");
    assert_eq!(read!(store, tx => sessions::get(tx, &[2; 32]).await), Ok(None));
    assert_eq!(
        write!(store, tx => sessions::delete_idle(tx, at(0), at(2)).await),
        Ok(1),
        "old, though in use"
    );
    assert_eq!(read!(store, tx => sessions::get(tx, &[1; 32]).await), Ok(None));
    assert_eq!(write!(store, tx => sessions::delete(tx, &[3; 32]).await), Ok(true));
    assert_eq!(write!(store, tx => sessions::delete(tx, &[3; 32]).await), Ok(false));

    write!(store, tx => {
        for row in rows {
            sessions::insert(tx, row).await?;
        }
        Ok(())
    })
    .unwrap();
    let ana = world.ana.id;
    assert_eq!(write!(store, tx => sessions::delete_of_user(tx, org, ana).await), Ok(2));
    assert!(read!(store, tx => sessions::get(tx, &[3; 32]).await).unwrap().is_some());
}

pub async fn tokens_live_and_end(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other, ana) = (world.org(), world.other.id, world.ana.id);
    let token = |n: u8, expires_at| TokenRow {
        id: world.ids.next(at(1)),
        organization_id: org,
        user_id: ana,
        name: format!("script {n}"),
        token_hash: [n; 32],
        created_at: at(1),
        expires_at,
        last_used_at: None,
    };
    let rows = keep([token(1, None), token(2, Some(at(60)))]);
    write!(store, tx => {
        for row in rows {
            tokens::insert(tx, row).await?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(read!(store, tx => tokens::get(tx, &[2; 32]).await), Ok(Some(rows[1].clone())));
    assert_eq!(read!(store, tx => tokens::list_of_user(tx, org, ana).await), Ok(rows.to_vec()));
    assert_eq!(read!(store, tx => tokens::list(tx, org).await), Ok(rows.to_vec()));
    assert_eq!(read!(store, tx => tokens::list(tx, other).await), Ok(Vec::new()));
    let id = rows[1].id;
    assert_eq!(read!(store, tx => tokens::find(tx, org, id).await), Ok(Some(rows[1].clone())));
    assert_eq!(read!(store, tx => tokens::find(tx, other, id).await), Ok(None), "another organization");
    let again = keep(TokenRow { id: world.ids.next(at(2)), ..rows[0].clone() });
    let refused = write!(store, tx => tokens::insert(tx, again).await).unwrap_err();
    assert!(refused.is_duplicate("api_tokens", "token_hash"), "{refused:?}");
    let id = rows[0].id;
    for (touched, known) in [(5, 5), (4, 5), (6, 6)] {
        write!(store, tx => tokens::touch(tx, &[1; 32], at(touched)).await).unwrap();
        let row = read!(store, tx => tokens::get(tx, &[1; 32]).await).unwrap().unwrap();
        assert_eq!(row.last_used_at, Some(at(known)), "a use never moves backward");
    }
    assert_eq!(write!(store, tx => tokens::delete(tx, other, id).await), Ok(false), "another organization");
    assert_eq!(write!(store, tx => tokens::delete(tx, org, id).await), Ok(true));
    assert_eq!(read!(store, tx => tokens::get(tx, &[1; 32]).await), Ok(None));
    assert_eq!(
        write!(store, tx => tokens::delete_of_user(tx, other, ana).await),
        Ok(0),
        "another organization"
    );
    let left = read!(store, tx => tokens::list(tx, org).await).unwrap().len() as u64;
    assert_eq!(write!(store, tx => tokens::delete_of_user(tx, org, ana).await), Ok(left));
    assert_eq!(read!(store, tx => tokens::list(tx, org).await), Ok(Vec::new()));
}

pub async fn a_number_belongs_to_one_organization(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.channel.id);
    let elsewhere =
        keep(Channel { id: world.ids.next(at(1)), organization_id: world.other.id, ..world.channel.clone() });
    let refused = write!(store, tx => channels::insert(tx, elsewhere, b"x").await).unwrap_err();
    assert!(refused.is_duplicate("channels", "number"), "{refused:?}");
    let another = keep(Channel { number: "+15550002000".parse().unwrap(), ..elsewhere.clone() });
    // Sixteen bytes look like an id to an engine without a type for ids.
    write!(store, tx => channels::insert(tx, another, b"sixteen bytes!!!").await).unwrap();

    assert_eq!(read!(store, tx => channels::by_number(tx, "+15550002000").await), Ok(Some(another.clone())));
    assert_eq!(read!(store, tx => channels::by_number(tx, "+15550003000").await), Ok(None));
    assert_eq!(read!(store, tx => channels::list(tx, org).await), Ok(vec![world.channel.clone()]));
    let all: Vec<_> = read!(store, tx => channels::all_sealed(tx).await)
        .unwrap()
        .into_iter()
        .map(|found| found.0)
        .collect();
    assert_eq!(all, [world.channel.clone(), another.clone()]);
    assert_eq!(read!(store, tx => channels::sealed_token(tx, org, id).await), Ok(b"sealed".to_vec()));
    write!(store, tx => channels::set_sealed_token(tx, org, id, b"sealed anew").await).unwrap();
    assert_eq!(read!(store, tx => channels::sealed_token(tx, org, id).await), Ok(b"sealed anew".to_vec()));
    let (its_org, its_id) = (another.organization_id, another.id);
    let sealed = read!(store, tx => channels::sealed_token(tx, its_org, its_id).await);
    assert_eq!(sealed, Ok(b"sixteen bytes!!!".to_vec()));
    let paused = keep(Channel {
        active: false,
        paused_reason: Some("The carrier refused the auth token.".to_owned()),
        ..world.channel.clone()
    });
    assert_eq!(write!(store, tx => channels::update(tx, paused).await), Ok(true));
    assert_eq!(read!(store, tx => channels::get(tx, org, id).await), Ok(Some(paused.clone())));
    let nowhere = world.ids.next(at(2));
    assert_eq!(
        read!(store, tx => channels::sealed_token(tx, org, nowhere).await),
        Err(StoreError::Missing { table: "channels", id: nowhere.to_string() })
    );
}

pub async fn idempotency_keys_are_kept_for_a_while(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ana, ben) = (world.org(), world.ana.id, world.ben.id);
    let made = Made::Message(world.ids.next(at(1)));
    for user in [ana, ben] {
        write!(store, tx => idempotency::insert(tx, org, user, "key", &[1; 32], made, at(1)).await).unwrap();
    }
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "key").await), Ok(Some(([1; 32], made))));
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "other").await), Ok(None));
    let again = write!(store, tx => idempotency::insert(tx, org, ana, "key", &[2; 32], made, at(2)).await);
    assert!(again.unwrap_err().is_duplicate("idempotency_keys", "idempotency_key"));
    let case = Made::Case(world.ids.next(at(2)));
    write!(store, tx => idempotency::insert(tx, org, ana, "case", &[3; 32], case, at(3)).await).unwrap();
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "case").await), Ok(Some(([3; 32], case))));
    assert_eq!(write!(store, tx => idempotency::delete_before(tx, at(1), 9).await), Ok(0));
    assert_eq!(write!(store, tx => idempotency::delete_before(tx, at(2), 1).await), Ok(1), "a batch");
    assert_eq!(write!(store, tx => idempotency::delete_before(tx, at(2), 9).await), Ok(1));
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "key").await), Ok(None));
}
