//! One suite, every engine: a behaviour of the store exists only if it is shown here on each of them. A test is
//! a function over an empty, migrated store; an engine joins by one line at the end of this file.

mod access;
mod both;
mod cases;
mod concurrency;
mod copying;
mod delivery;
mod listings;
mod log;
mod messages;
mod nodes;
mod partitioned;
mod people;
mod replies;
mod retention;
mod support;
mod transactions;
mod turns;

macro_rules! suite {
    ($($module:ident: $($test:ident),+ $(,)?;)+) => {
        /// Runs the whole suite on the stores that `$open` makes.
        macro_rules! on_engine {
            ($engine:ident, $open:path) => {
                mod $engine {
                    $(mod $module {
                        $(#[tokio::test]
                        async fn $test() {
                            let fresh = $open().await;
                            crate::$module::$test(fresh.store.clone()).await;
                            fresh.store.close().await;
                        })+
                    })+
                }
            };
        }
    };
}

suite! {
    people:
        organizations_count_their_cases,
        settings_change_by_version,
        users_are_found_listed_and_changed,
        activity_only_moves_forward,
        personal_replies_default_and_are_replaced,
        default_hours_are_replaced,
        secondary_operators_are_a_set,
        timers_fire_in_order,
        organizations_do_not_see_each_other;
    access:
        sessions_live_and_end,
        tokens_live_and_end,
        a_number_belongs_to_one_organization,
        idempotency_keys_are_kept_for_a_while;
    cases:
        customers_have_one_address_per_organization,
        a_case_comes_back_as_it_was_saved,
        an_inbound_message_finds_its_case,
        the_inbox_is_filtered_and_paged,
        the_inbox_is_searched,
        who_waits_comes_first_and_is_counted,
        the_inbox_is_searched_by_any_spelling,
        watched_cases_are_found;
    messages:
        messages_come_back_as_they_were_written,
        a_provider_id_is_stored_once,
        the_history_leaves_cancelled_messages_out,
        last_messages_of_many_cases;
    replies:
        one_decision_per_message,
        decisions_are_rewritten_and_listed,
        an_absence_is_claimed_once,
        invariants_name_what_is_wrong;
    retention:
        retention_changes_by_version,
        old_messages_go_with_their_decisions,
        old_decisions_go_before_their_messages,
        an_erased_customer_comes_back_opted_out,
        customers_are_searched;
    delivery:
        the_outbox_keeps_the_order_of_one_customer,
        a_lease_that_was_overtaken_changes_nothing,
        the_outbox_tells_when_to_look_again;
    listings:
        a_number_is_listed_by_one_at_a_time,
        the_newest_consent_is_kept,
        what_went_over_each_number_lately;
    log:
        events_are_read_after_an_id,
        audit_is_read_newest_first,
        the_newest_id_is_the_greatest_of_all;
    concurrency:
        nobody_overwrites_what_another_wrote,
        a_due_row_is_taken_by_one,
        a_customer_is_made_once,
        a_deadlock_is_resolved;
    turns:
        each_in_its_organizations_turn,
        a_refused_operation_leaves_its_neighbours_alone,
        what_is_asked_ahead_is_answered,
        what_many_ask_is_told_apart,
        what_is_locked_is_seen_as_it_is,
        what_is_asked_after_a_write_sees_it,
        what_is_written_twice_is_stored_as_it_was_last,
        a_crowd_of_readers,
        a_failed_write_fails_its_operation;
    transactions:
        an_error_rolls_back_its_operation_alone,
        a_panic_is_an_answer,
        waiting_inside_an_operation_is_an_error,
        reading_operations_cannot_write,
        what_is_answered_is_seen_by_readers,
        an_operation_happens_before_it_reads,
        many_writers_at_once,
        foreign_keys_hold,
        a_closed_store_says_so,
        migrating_again_changes_nothing,
        ping_needs_the_schema_and_a_commit;
}

on_engine!(sqlite_file, crate::support::sqlite_file);
on_engine!(sqlite_in_memory, crate::support::sqlite_in_memory);
on_engine!(postgres, crate::support::postgres);
on_engine!(postgres_partitioned, crate::partitioned::postgres);
