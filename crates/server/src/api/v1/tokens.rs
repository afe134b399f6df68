//! API tokens: which there are, and ending them. They are created on the command line.

use app::tokens::TokenView;
use axum::extract::State;
use domain::id::TokenId;
use domain::time::Instant;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Nothing, Params};
use crate::http::page::{Page, PageQuery, Paging};
use crate::http::problem::Problem;

const TAG: &str = "People";

/// An API token, without its secret, of which the server keeps only a hash.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// Its id.
    #[schema(value_type = String)]
    id: TokenId,
    /// What it is for.
    name: String,
    /// Whose it is: it may do what they may.
    user: Person,
    /// Their e-mail address.
    email: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it ends; null if it does not end by itself. One whose end is past is good for nothing any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// When it was used last, at most an hour too early; null if it never was, or not since this is kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
}

impl From<TokenView> for Token {
    fn from(token: TokenView) -> Self {
        Self {
            id: token.id,
            name: token.name,
            user: Person { id: token.user_id, name: token.user_name },
            email: token.user,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// The API tokens, oldest first: a System Admin gets the organization's, an operator their own.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = TAG, params(PageQuery), responses((status = 200, body = Page<Token>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(paging): Params<Paging<TokenId>>,
) -> Result<axum::Json<Page<Token>>, Problem> {
    let mut found = web.app().tokens_visible(&caller).await?;
    if let Some(after) = paging.after {
        found.retain(|token| token.id > after);
    }
    Ok(axum::Json(Page::of(found, paging.limit, |token| token.id, Token::from)))
}

/// Ends an API token at once. A System Admin ends any of the organization, an operator their own; 404 for others.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "end_token", tag = TAG, params(("id" = String, Path, description = "The token.")), responses((status = 204)))]
pub async fn end(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<TokenId>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    web.app().token_end(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
