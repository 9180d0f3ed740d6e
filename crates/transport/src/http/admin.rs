//! What administrators see and do: of their space, and of the server.

mod channel;
mod server;
mod space;
mod user;

use super::app::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<App> {
    user::routes()
        .merge(channel::routes())
        .merge(space::routes())
        .merge(server::routes())
}
