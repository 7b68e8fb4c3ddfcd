//! The only file that names actix-web-actors: frames in, frames out, and the actor's life.
//!
//! That crate is deprecated (its successor has no actors), so everything of it stays behind this door.

use std::io::ErrorKind;

use actix::{Actor, ActorContext, Handler, StreamHandler};
use actix_http::ws::Item;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpRequest, HttpResponse};
use actix_web_actors::ws::{
    CloseCode, CloseReason, Message, ProtocolError, WebsocketContext, WsResponseBuilder,
};
use futures_util::Stream;

use super::guard::Violation;
use super::session::WsSession;
use super::wire::{SUBPROTOCOL, ServerMessage};
use crate::supervisor::{self, Close};

/// The actor's context.
pub(super) type Ctx = WebsocketContext<WsSession>;

/// Why a socket is closed (`DESIGN` §9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    Shutdown,
    Silent,
    Superseded,
    Again,
    NoHello,
    TooLarge,
    Policy,
    Protocol,
    NotText,
}

impl Closing {
    fn reason(self) -> CloseReason {
        let (code, text) = match self {
            Self::Shutdown => (CloseCode::Away, "the server is shutting down"),
            Self::Silent => (CloseCode::Policy, "nothing was heard for too long"),
            Self::Again => (CloseCode::Again, "try again in a moment"),
            Self::Superseded => (CloseCode::Other(4001), "a newer connection has taken over"),
            Self::NoHello => (CloseCode::Policy, "no hello came"),
            Self::TooLarge => (CloseCode::Size, "the message is too large"),
            Self::Policy => (CloseCode::Policy, "too many frames"),
            Self::Protocol => (CloseCode::Protocol, "this is not RFC 6455"),
            Self::NotText => (CloseCode::Invalid, "this is not UTF-8"),
        };
        CloseReason { code, description: Some(text.to_owned()) }
    }
}

/// A message that comes in fragments; the guard bounds their number and size.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: bool,
    bytes: BytesMut,
}

/// Answers the handshake and starts the actor.
pub(super) fn start<S>(
    session: WsSession,
    request: &HttpRequest,
    frames: S,
) -> Result<HttpResponse, Error>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    let max_frame = session.limits().max_frame;
    WsResponseBuilder::new(session, request, frames)
        .protocols(&[SUBPROTOCOL])
        .frame_size(max_frame)
        .start()
}

/// Sends a message.
pub(super) fn send(message: &ServerMessage, ctx: &mut Ctx) {
    match serde_json::to_string(message) {
        Ok(text) => ctx.text(text),
        Err(error) => tracing::error!(%error, "a message does not serialise"),
    }
}

/// Closes the socket; the peer may still answer the close before the connection ends.
pub(super) fn close(closing: Closing, ctx: &mut Ctx) {
    ctx.close(Some(closing.reason()));
    ctx.stop();
}

pub(super) fn ping(ctx: &mut Ctx) {
    ctx.ping(b"");
}

impl Actor for WsSession {
    type Context = Ctx;

    fn started(&mut self, ctx: &mut Ctx) {
        self.opened(ctx);
    }
}

impl StreamHandler<Result<Message, ProtocolError>> for WsSession {
    fn handle(&mut self, message: Result<Message, ProtocolError>, ctx: &mut Ctx) {
        match message {
            Ok(Message::Text(text)) => self.text(&text, ctx),
            Ok(Message::Binary(bytes)) => self.data(bytes, ctx),
            Ok(Message::Continuation(item)) => self.assemble(item, ctx),
            Ok(Message::Ping(bytes)) => ctx.pong(&bytes),
            Ok(Message::Pong(_) | Message::Nop) => {}
            Ok(Message::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            // The only fault of a whole frame that the actor crate finds itself.
            Err(ProtocolError::Io(error))
                if error.kind() == ErrorKind::Other && self.violation().is_none() =>
            {
                self.close(Closing::NotText, ctx);
            }
            Err(_) => self.broken(ctx),
        }
    }
}

impl WsSession {
    fn assemble(&mut self, item: Item, ctx: &mut Ctx) {
        let (bytes, last) = match item {
            Item::FirstText(bytes) => {
                *self.assembly() = Assembly { text: true, bytes: BytesMut::new() };
                (bytes, false)
            }
            Item::FirstBinary(bytes) => {
                *self.assembly() = Assembly::default();
                (bytes, false)
            }
            Item::Continue(bytes) => (bytes, false),
            Item::Last(bytes) => (bytes, true),
        };
        self.assembly().bytes.extend_from_slice(&bytes);
        if !last {
            return;
        }
        let whole = std::mem::take(self.assembly());
        if !whole.text {
            return self.data(whole.bytes.freeze(), ctx);
        }
        match std::str::from_utf8(&whole.bytes) {
            Ok(text) => self.text(text, ctx),
            Err(_) => close(Closing::NotText, ctx),
        }
    }

    /// The stream of frames broke: the guard refused one, or it was none.
    fn broken(&mut self, ctx: &mut Ctx) {
        let closing = match self.violation() {
            Some(Violation::TooLarge) => Closing::TooLarge,
            Some(Violation::Flood) => Closing::Policy,
            Some(Violation::Protocol) | None => Closing::Protocol,
        };
        close(closing, ctx);
        self.cut_soon();
    }
}

impl Handler<Close> for WsSession {
    type Result = ();

    fn handle(&mut self, close: Close, ctx: &mut Ctx) {
        let closing = match close.reason {
            supervisor::CloseReason::Shutdown => Closing::Shutdown,
            supervisor::CloseReason::Silent => Closing::Silent,
            supervisor::CloseReason::Superseded => Closing::Superseded,
            supervisor::CloseReason::NoHello => Closing::NoHello,
        };
        self.close(closing, ctx);
    }
}
