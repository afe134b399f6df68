//! Going through the carrier's list of texts: who lists which number, and how far.

use domain::delivery::DeliveryStatus;
use domain::message::{Delivery, Message};
use store::listings::{self, Listing};
use store::traffic::{self, Passed};
use store::{Store, channels, customers, messages};

use crate::support::{World, at, keep};
use crate::{read, write};

pub async fn a_number_is_listed_by_one_at_a_time(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.channel.id);
    let due = async |minute| {
        let found = read!(store, tx => listings::due(tx, at(minute)).await).unwrap();
        found.into_iter().find(|listing| listing.channel_id == id)
    };
    let fresh = due(1).await.expect("a number that was never listed is due");
    let expected = Listing {
        organization_id: org,
        channel_id: id,
        from: world.channel.created_at,
        since: None,
        due_at: None,
    };
    assert_eq!(fresh, expected);

    assert_eq!(write!(store, tx => listings::claim(tx, &fresh, at(2)).await), Ok(true));
    assert_eq!(write!(store, tx => listings::claim(tx, &fresh, at(3)).await), Ok(false), "taken since");
    assert_eq!(due(1).await, None, "in hand");
    let lost = due(2).await.expect("whoever had it in hand died");
    assert_eq!(write!(store, tx => listings::claim(tx, &lost, at(4)).await), Ok(true));

    let so_far = Listing { since: Some(at(1)), due_at: Some(at(5)), ..fresh };
    assert_eq!(write!(store, tx => listings::keep(tx, &so_far, at(2)).await), Ok(false), "overtaken");
    assert_eq!(write!(store, tx => listings::keep(tx, &so_far, at(4)).await), Ok(true));
    assert_eq!(due(4).await, None);
    assert_eq!(due(5).await, Some(so_far));

    let off = keep(domain::channel::Channel { active: false, ..world.channel.clone() });
    write!(store, tx => channels::update(tx, off).await).unwrap();
    assert_eq!(due(9).await, None, "a number that is switched off is not listed");
    assert_eq!(write!(store, tx => listings::claim(tx, &so_far, at(9)).await), Ok(false));
    write!(store, tx => channels::update(tx, &world.channel).await).unwrap();
    write!(store, tx => listings::begin(tx, &world.channel, at(8)).await).unwrap();
    assert_eq!(due(8).await, Some(Listing { from: at(8), since: None, due_at: None, ..so_far }));
}

/// R15: the newest STOP or START counts, whichever comes first.
pub async fn the_newest_consent_is_kept(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.customer.id);
    assert_eq!(read!(store, tx => customers::consent_at(tx, org, id).await), Ok(None));
    write!(store, tx => customers::set_consent_at(tx, org, id, at(3)).await).unwrap();
    write!(store, tx => customers::update(tx, org, &world.customer).await).unwrap();
    assert_eq!(read!(store, tx => customers::consent_at(tx, org, id).await), Ok(Some(at(3))));
    let nobody = world.ids.next(at(9));
    assert!(read!(store, tx => customers::consent_at(tx, org, nobody).await).is_err());
}

pub async fn what_went_over_each_number_lately(store: Store) {
    let world = World::in_store(&store).await;
    let (org, channel_id) = (world.org(), world.channel.id);
    let case = world.stored_case(&store, 1).await;
    let failed = Some(Delivery { status: DeliveryStatus::Failed, error: Some("Unknown.".to_owned()) });
    let texts = [
        world.inbound(case, 1, "Hi"),
        Message { delivery: failed, ..world.outbound(case, 2, world.by_ana()) },
        world.inbound(case, 3, "Hello?"),
    ];
    for message in texts {
        let (who, message) = (case.customer.id, keep(message));
        write!(store, tx => messages::insert(tx, org, who, message).await).unwrap();
    }
    let came = |minute| Passed { channel_id, at: at(minute), delivery: None, error: None };
    let went =
        Passed { delivery: Some(DeliveryStatus::Failed), error: Some("Unknown.".to_owned()), ..came(2) };
    let all = vec![came(3), went, came(1)];
    assert_eq!(read!(store, tx => traffic::newest(tx, org, 2).await), Ok(all[..2].to_vec()));
    assert_eq!(read!(store, tx => traffic::newest(tx, org, 9).await), Ok(all));
    assert_eq!(read!(store, tx => traffic::newest(tx, world.other.id, 9).await), Ok(vec![]));
}
