//! Organizations, settings, users, personal replies, timers.

use domain::auto_reply::Layer;
use domain::auto_reply::personal::{Away, OfficeHours, PersonalInactivity, StoredPersonal, SwitchedOff};
use domain::hours::{DefaultHours, Exception, Week, Window};
use domain::id::UserId;
use domain::organization::Organization;
use domain::presence::ActivityKind;
use domain::user::Role;
use store::{Page, Store, StoreError, organizations, personal, settings, timers, users};

use crate::support::{World, at, keep, user};
use crate::{read, write};

pub async fn organizations_count_their_cases(store: Store) {
    let world = World::in_store(&store).await;
    let (home, other) = (world.organization.id, world.other.id);
    for (org, number) in [(home, 1), (home, 2), (other, 1), (home, 3)] {
        let taken = write!(store, tx => organizations::take_case_number(tx, org).await);
        assert_eq!(taken, Ok(number));
    }
    let together = write!(store, tx => {
        organizations::ask_case_number(tx);
        organizations::ask_case_number(tx);
        let mut taken = Vec::new();
        for _ in 0..3 {
            taken.push(organizations::take_case_number(tx, home).await?);
        }
        Ok(taken)
    });
    assert_eq!(together, Ok(vec![4, 5, 6]), "two that were asked for, and one more");
    let (found, all) =
        read!(store, tx => Ok((organizations::get(tx, home).await?, organizations::list(tx).await?)))
            .unwrap();
    assert_eq!(found.as_ref(), Some(&world.organization));
    assert_eq!(all, [world.organization.clone(), world.other.clone()]);

    let changed = keep(Organization {
        name: "Harbor".to_owned(),
        time_zone: "UTC".to_owned(),
        country: "US".parse().ok(),
        ..world.organization.clone()
    });
    write!(store, tx => organizations::update(tx, changed).await).unwrap();
    assert_eq!(read!(store, tx => organizations::get(tx, home).await).as_ref(), Ok(&Some(changed.clone())));

    let nobody = world.ids.next(at(1));
    let taken = write!(store, tx => organizations::take_case_number(tx, nobody).await);
    assert_eq!(taken, Err(StoreError::Missing { table: "organizations", id: nobody.to_string() }));
}

pub async fn settings_change_by_version(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    assert_eq!(read!(store, tx => settings::get(tx, org).await).as_ref(), Ok(&world.setting));

    let mut changed = world.setting.clone();
    changed.setting.threshold_minutes = 10_080;
    changed.setting.while_waiting = false;
    changed.version = 2;
    changed.updated_by = Some(world.ben.id);
    let changed = keep(changed);
    assert_eq!(write!(store, tx => settings::update(tx, org, changed, 1).await), Ok(true));
    assert_eq!(write!(store, tx => settings::update(tx, org, changed, 1).await), Ok(false), "stale");
    assert_eq!(read!(store, tx => settings::get(tx, org).await).as_ref(), Ok(changed));
    let other = world.other.id;
    assert_eq!(read!(store, tx => settings::get(tx, other).await).as_ref(), Ok(&world.setting));
}

pub async fn users_are_found_listed_and_changed(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let admin = keep(user(&world.ids, org, "Chris", "chris@example.com", &[Role::SystemAdmin]));
    write!(store, tx => users::insert(tx, admin, "hash").await).unwrap();

    let (ana, admin_id) = (world.ana.id, admin.id);
    assert_eq!(read!(store, tx => users::get(tx, org, ana).await), Ok(Some(world.ana.clone())));
    assert_eq!(
        read!(store, tx => users::credentials(tx, "ben@example.com").await),
        Ok(Some((world.ben.clone(), "hash of ben".to_owned())))
    );
    assert_eq!(
        read!(store, tx => users::find_by_email(tx, "chris@example.com").await),
        Ok(Some(admin.clone()))
    );
    assert_eq!(read!(store, tx => users::find_by_email(tx, "nobody@example.com").await), Ok(None));
    assert_eq!(
        read!(store, tx => users::operators(tx, org).await),
        Ok(vec![world.ana.clone(), world.ben.clone()])
    );
    let page = |after: Option<UserId>| Page { after, limit: 2 };
    assert_eq!(
        read!(store, tx => users::list(tx, org, page(None)).await),
        Ok(vec![world.ana.clone(), world.ben.clone()])
    );
    let ben = world.ben.id;
    assert_eq!(read!(store, tx => users::list(tx, org, page(Some(ben))).await), Ok(vec![admin.clone()]));

    let mut renamed = admin.clone();
    renamed.name = "Christine".to_owned();
    renamed.roles.operator = true;
    renamed.presence.deactivated_at = Some(at(5));
    let renamed = keep(renamed);
    assert_eq!(write!(store, tx => users::update(tx, renamed).await), Ok(true));
    assert_eq!(read!(store, tx => users::get(tx, org, admin_id).await), Ok(Some(renamed.clone())));

    let taken = keep(domain::user::User { email: "ana@example.com".to_owned(), ..renamed.clone() });
    let refused = write!(store, tx => users::update(tx, taken).await).unwrap_err();
    assert!(refused.is_duplicate("users", "email"), "{refused:?}");

    write!(store, tx => users::set_password(tx, org, ana, "new hash").await).unwrap();
    let found = read!(store, tx => users::credentials(tx, "ana@example.com").await);
    assert_eq!(found.unwrap().unwrap().1, "new hash");
    let nobody: UserId = world.ids.next(at(9));
    assert_eq!(
        write!(store, tx => users::set_password(tx, org, nobody, "x").await),
        Err(StoreError::Missing { table: "users", id: nobody.to_string() })
    );
}

/// Section 2: the last activity never moves backward.
pub async fn activity_only_moves_forward(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ana) = (world.org(), world.ana.id);
    for (minute, kind, moved, expected) in [
        (5, ActivityKind::Input, true, (5, ActivityKind::Input)),
        (5, ActivityKind::ImHere, false, (5, ActivityKind::Input)),
        (4, ActivityKind::Request, false, (5, ActivityKind::Input)),
        (6, ActivityKind::Request, true, (6, ActivityKind::Request)),
    ] {
        let touched = write!(store, tx => users::touch(tx, org, ana, at(minute), kind).await);
        assert_eq!(touched, Ok(moved), "minute {minute}");
        let found = read!(store, tx => users::get(tx, org, ana).await).unwrap().unwrap().presence;
        assert_eq!((found.last_active_at, found.last_activity), (at(expected.0), expected.1));
    }
    let other = world.other.id;
    let touched = write!(store, tx => users::touch(tx, other, ana, at(9), ActivityKind::Input).await);
    assert_eq!(touched, Ok(false), "another organization's user");
}

pub async fn personal_replies_default_and_are_replaced(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ana) = (world.org(), world.ana.id);
    assert_eq!(read!(store, tx => personal::get(tx, org, ana).await), Ok(StoredPersonal::default()));
    for (version, threshold_minutes) in [(1, Some(5)), (2, None)] {
        let stored = keep(StoredPersonal {
            inactivity: PersonalInactivity {
                enabled: true,
                message: "Back soon".to_owned(),
                threshold_minutes,
            },
            away: (version > 1).then(|| Away {
                enabled: true,
                title: "Leave".to_owned(),
                message: "On leave".to_owned(),
                starts_at: at(1),
                ends_at: Some(at(9)),
                time_zone: None,
            }),
            office_hours: (version > 1).then(|| OfficeHours {
                enabled: true,
                message: "Closed".to_owned(),
                time_zone: "Europe/London".to_owned(),
                week: week(),
                exceptions: vec![Exception { date: "2026-12-25".parse().expect("a date"), windows: vec![] }],
            }),
            version,
            away_window: (version > 1).then(|| at(version)),
            switched_off: [(
                Layer::Away,
                SwitchedOff { by: world.ben.id, by_name: "Ben".to_owned(), at: at(3) },
            )]
            .into(),
        });
        write!(store, tx => personal::put(tx, org, ana, stored, at(version)).await).unwrap();
        assert_eq!(read!(store, tx => personal::get(tx, org, ana).await).as_ref(), Ok(stored));
    }
}

/// R5: one timer per operator.
pub async fn timers_fire_in_order(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ana, ben) = (world.org(), world.ana.id, world.ben.id);
    assert_eq!(read!(store, tx => timers::next(tx).await), Ok(None));
    write!(store, tx => {
        timers::arm(tx, org, ana, Some(at(20))).await?;
        timers::arm(tx, org, ben, Some(at(10))).await
    })
    .unwrap();
    assert_eq!(read!(store, tx => timers::next(tx).await), Ok(Some(at(10))));
    assert_eq!(read!(store, tx => timers::get(tx, org, ana).await), Ok(Some(at(20))));
    assert_eq!(read!(store, tx => timers::armed(tx, org).await), Ok(vec![ana, ben]));
    for (minute, limit, due) in
        [(9, 10, vec![]), (10, 10, vec![ben]), (20, 10, vec![ben, ana]), (20, 1, vec![ben])]
    {
        let found = read!(store, tx => timers::due(tx, at(minute), limit).await).unwrap();
        assert_eq!(found, due.into_iter().map(|user| (org, user)).collect::<Vec<_>>(), "minute {minute}");
    }
    // Activity leaves the timer alone: it looks again when it fires.
    write!(store, tx => users::touch(tx, org, ben, at(9), ActivityKind::Input).await).unwrap();
    assert_eq!(read!(store, tx => timers::next(tx).await), Ok(Some(at(10))));
    write!(store, tx => timers::arm(tx, org, ben, None).await).unwrap();
    assert_eq!(read!(store, tx => timers::armed(tx, org).await), Ok(vec![ana]));
    assert_eq!(read!(store, tx => timers::get(tx, org, ben).await), Ok(None));
}

/// V8.4.1: what one organization has is nothing to another.
pub async fn organizations_do_not_see_each_other(store: Store) {
    let world = World::in_store(&store).await;
    let other = world.other.id;
    let case = world.stored_case(&store, 1).await;
    let message = keep(world.inbound(case, 1, "Hi"));
    let record = keep(world.record(message, at(2)));
    let org = world.org();
    write!(store, tx => {
        store::messages::insert(tx, org, case.customer.id, message).await?;
        store::decisions::insert(tx, org, record).await
    })
    .unwrap();
    let seen = read!(store, tx => Ok([
        users::get(tx, other, world.ana.id).await?.is_some(),
        !users::list(tx, other, Page { after: None, limit: 50 }).await?.is_empty(),
        !users::operators(tx, other).await?.is_empty(),
        store::channels::get(tx, other, world.channel.id).await?.is_some(),
        !store::channels::list(tx, other).await?.is_empty(),
        store::customers::get(tx, other, world.customer.id).await?.is_some(),
        store::customers::by_address(tx, other, "+15551230001").await?.is_some(),
        store::cases::get(tx, other, case.id).await?.is_some(),
        store::cases::by_number(tx, other, 1).await?.is_some(),
        !store::cases::list(tx, other, &store::cases::CaseFilter { limit: 50, ..Default::default() }).await?.is_empty(),
        store::messages::get(tx, other, message.id).await?.is_some(),
        !store::messages::page_of_case(tx, other, case.id, 0, 50).await?.is_empty(),
        !store::messages::last_of_cases(tx, other, &[case.id]).await?.is_empty(),
        store::decisions::get_of_message(tx, other, message.id).await?.is_some(),
        !store::decisions::of_case(tx, other, case.id, None, 50).await?.is_empty(),
    ]));
    assert_eq!(seen, Ok([false; 15]));
    assert_eq!(
        write!(store, tx => store::cases::save(tx, other, case).await),
        Err(StoreError::Missing { table: "cases", id: case.id.to_string() })
    );
}

fn week() -> Week {
    let window = Window { start: "09:00".parse().expect("a time"), end: "24:00".parse().expect("a time") };
    Week { monday: vec![window], ..Week::default() }
}

/// The organization's default office hours: none, then what was put last.
pub async fn default_hours_are_replaced(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    assert_eq!(read!(store, tx => store::default_hours::get(tx, org).await), Ok(None));
    for zone in ["Europe/London", "UTC"] {
        let hours = keep(DefaultHours { time_zone: zone.to_owned(), week: week(), exceptions: Vec::new() });
        write!(store, tx => store::default_hours::put(tx, org, hours, at(1)).await).unwrap();
        assert_eq!(read!(store, tx => store::default_hours::get(tx, org).await), Ok(Some(hours.clone())));
    }
}

/// R24: secondary operators of a case are a set.
pub async fn secondary_operators_are_a_set(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ben) = (world.org(), world.ben.id);
    let case = world.stored_case(&store, 1).await.id;
    assert_eq!(read!(store, tx => store::secondaries::of_case(tx, org, case).await), Ok(vec![]));
    for added in [true, false] {
        assert_eq!(
            write!(store, tx => store::secondaries::add(tx, org, case, ben, at(1)).await),
            Ok(added),
            "twice is once"
        );
    }
    assert_eq!(read!(store, tx => store::secondaries::of_case(tx, org, case).await), Ok(vec![ben]));
    for removed in [true, false] {
        assert_eq!(write!(store, tx => store::secondaries::remove(tx, org, case, ben).await), Ok(removed));
    }
    assert_eq!(read!(store, tx => store::secondaries::of_case(tx, org, case).await), Ok(vec![]));
}
