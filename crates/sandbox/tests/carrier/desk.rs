//! A desk that writes down what is posted to it and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine;
use hmac::{KeyInit, Mac};
use tokio::sync::mpsc;

pub type Pairs = Vec<(String, String)>;

/// Something that was posted.
pub struct Post {
    pub path: String,
    pub form: Pairs,
    pub signature: String,
}

/// The desk.
pub struct Desk {
    pub base: String,
    posts: mpsc::UnboundedReceiver<Post>,
    orders: Arc<Mutex<Orders>>,
}

struct Orders {
    statuses: VecDeque<u16>,
    content_type: &'static str,
}

type Shared = (mpsc::UnboundedSender<Post>, Arc<Mutex<Orders>>);

impl Desk {
    pub async fn start() -> Self {
        let (sender, posts) = mpsc::unbounded_channel();
        let orders = Arc::new(Mutex::new(Orders { statuses: VecDeque::new(), content_type: "text/xml" }));
        let router = Router::new().fallback(post).with_state((sender, orders.clone()));
        Self { base: serve(router).await, posts, orders }
    }

    /// The next post, however long it takes within reason.
    pub async fn next(&mut self) -> Post {
        tokio::time::timeout(Duration::from_secs(10), self.posts.recv()).await.expect("a post").unwrap()
    }

    /// The statuses of the next answers; 200 after them.
    pub fn answer_with(&self, statuses: &[u16]) {
        self.orders.lock().unwrap().statuses = statuses.iter().copied().collect();
    }

    pub fn answer_as(&self, content_type: &'static str) {
        self.orders.lock().unwrap().content_type = content_type;
    }
}

async fn post(
    State((sender, orders)): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    Form(form): Form<Pairs>,
) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let signature = headers["x-twilio-signature"].to_str().unwrap().to_owned();
    let _ = sender.send(Post { path: uri.path().to_owned(), form, signature });
    let mut orders = orders.lock().unwrap();
    let status = orders.statuses.pop_front().unwrap_or(200);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", orders.content_type)], "<Response/>")
}

/// Serves a router on a free port of this machine; its address.
pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// A parameter's value.
pub fn get<'a>(form: &'a Pairs, name: &str) -> &'a str {
    let found = form.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name} in {form:?}"))
}

/// Whether a post bears the signature that Twilio documents.
pub fn is_signed(post: &Post, token: &str, url: &str) -> bool {
    let mut sorted = post.form.clone();
    sorted.sort();
    let text: String = sorted.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes()) == post.signature
}
