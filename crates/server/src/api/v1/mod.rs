//! Version 1 of the API: one file for each resource, its shapes and its handlers.
//!
//! A handler reads the request, calls one method of the application and shapes the answer. It decides nothing.

pub mod audit;
pub mod auto_reply;
pub mod cases;
pub mod channels;
pub mod clock;
pub mod codes;
pub mod coverage;
pub mod customer_export;
pub mod customers;
pub mod decisions;
pub mod demo;
pub mod events;
pub mod general;
pub mod hours;
pub mod me;
pub mod messages;
pub mod office_hours;
pub mod organization;
pub mod person;
mod reads_like_stop;
pub mod retention;
pub mod secondary_operators;
pub mod session;
pub mod test_text;
pub mod tokens;
pub mod users;

use utoipa_axum::routes;

use crate::http::routes::Routes;

/// Adds every route of the API.
pub fn routes(routes: &mut Routes) {
    routes.add(routes!(session::show, session::sign_in, session::sign_out));
    routes.add(routes!(me::presence));
    routes.add(routes!(me::report));
    routes.add(routes!(auto_reply::show, auto_reply::put));
    routes.add(routes!(general::show, general::change));
    routes.add(routes!(organization::show, organization::put));
    routes.add(routes!(retention::show, retention::put));
    routes.add(routes!(office_hours::show, office_hours::put));
    routes.add(routes!(cases::list, cases::create));
    routes.add(routes!(cases::show, cases::change));
    routes.add(routes!(cases::seen));
    routes.add(routes!(cases::counts));
    routes.add(routes!(cases::dismiss_failed));
    routes.add(routes!(secondary_operators::add, secondary_operators::remove));
    routes.add(routes!(messages::list, messages::send));
    routes.add(routes!(messages::give_up_key));
    routes.add(routes!(messages::attachment));
    routes.add(routes!(reads_like_stop::say_what_was_meant));
    routes.add(routes!(decisions::of_case));
    routes.add(routes!(decisions::list));
    routes.add(routes!(decisions::preview));
    routes.add(routes!(coverage::list));
    routes.add(routes!(users::operators));
    routes.add(routes!(users::list, users::create));
    routes.add(routes!(users::change));
    routes.add(routes!(auto_reply::switch_off));
    routes.add(routes!(tokens::list));
    routes.add(routes!(tokens::end));
    routes.add(routes!(channels::list, channels::create));
    routes.add(routes!(channels::change));
    routes.add(routes!(channels::check));
    routes.add(routes!(test_text::send));
    routes.add(routes!(test_text::show));
    routes.add(routes!(customers::list));
    routes.add(routes!(customers::look_up));
    routes.add(routes!(customers::change, customers::erase));
    routes.add(routes!(customers::export));
    routes.add(routes!(audit::list));
    routes.add(routes!(events::stream));
    routes.add(routes!(clock::advance));
    routes.add(routes!(demo::people));
}
