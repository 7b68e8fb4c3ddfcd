//! The only file that names actix-web-actors: frames in, frames out, and the actor's life.
//!
//! That crate is deprecated (its successor has no actors), so everything of it stays behind this door. Whoever speaks
//! over a socket is a [`Speaker`]: the session of a live page, and the echo by which these rules are tried.

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

use super::guard::{Violation, Watch};
use super::session::WsSession;
use super::wire::{SUBPROTOCOL, ServerMessage};
use crate::supervisor::{self, Close};

/// The context of an actor that speaks over a socket.
pub(super) type Context<S> = WebsocketContext<S>;
/// That of a live page.
pub(super) type Ctx = Context<WsSession>;
/// What a socket has heard.
pub(super) type Heard = Result<Message, ProtocolError>;

/// Whoever speaks over a socket. Messages come whole, texts are UTF-8, pings and closes are answered already.
pub(super) trait Speaker: Actor<Context = Context<Self>> + StreamHandler<Heard> {
    /// The largest frame, in bytes.
    fn max_frame(&self) -> usize;
    /// Where a message in fragments is put together.
    fn assembly(&mut self) -> &mut Assembly;
    /// What the guard knows.
    fn watch(&self) -> &Watch;
    /// A text message.
    fn text(&mut self, text: &str, ctx: &mut Context<Self>);
    /// A binary message, in pieces none of which is empty.
    fn data(&mut self, pieces: Vec<Bytes>, ctx: &mut Context<Self>);
    /// The other side can't be listened to any longer.
    fn close(&mut self, closing: Closing, ctx: &mut Context<Self>);
}

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
    Nonsense,
    Protocol,
    NotText,
}

impl Closing {
    /// Whether the other side sent what it must not send.
    pub(super) fn is_their_fault(self) -> bool {
        use Closing::{Nonsense, NotText, Policy, Protocol, TooLarge};
        matches!(self, NotText | Nonsense | Policy | Protocol | TooLarge)
    }

    /// In words.
    pub(super) fn text(self) -> &'static str {
        self.parts().1
    }

    fn reason(self) -> CloseReason {
        let (code, text) = self.parts();
        CloseReason { code, description: Some(text.to_owned()) }
    }

    fn parts(self) -> (CloseCode, &'static str) {
        match self {
            Self::Shutdown => (CloseCode::Away, "the server is shutting down"),
            Self::Silent => (CloseCode::Policy, "nothing was heard for too long"),
            Self::Again => (CloseCode::Again, "try again in a moment"),
            Self::Superseded => (CloseCode::Other(4001), "a newer connection has taken over"),
            Self::NoHello => (CloseCode::Policy, "no hello came"),
            Self::TooLarge => (CloseCode::Size, "the message is too large"),
            Self::Policy => (CloseCode::Policy, "too many frames"),
            Self::Nonsense => (CloseCode::Policy, "too many messages that are none"),
            Self::Protocol => (CloseCode::Protocol, "this is not RFC 6455"),
            Self::NotText => (CloseCode::Invalid, "this is not UTF-8"),
        }
    }
}

/// A message that comes in fragments; the guard bounds their number and size.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: bool,
    bytes: BytesMut,
}

/// Answers the handshake and starts the actor.
pub(super) fn start<S, F>(
    speaker: S,
    request: &HttpRequest,
    frames: F,
) -> Result<HttpResponse, Error>
where
    S: Speaker,
    F: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    let max_frame = speaker.max_frame();
    WsResponseBuilder::new(speaker, request, frames)
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
pub(super) fn close<S: Speaker>(closing: Closing, ctx: &mut Context<S>) {
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

impl StreamHandler<Heard> for WsSession {
    fn handle(&mut self, heard: Heard, ctx: &mut Ctx) {
        hear(self, heard, ctx);
    }
}

/// What is done about whatever was heard.
pub(super) fn hear<S: Speaker>(speaker: &mut S, heard: Heard, ctx: &mut Context<S>) {
    match heard {
        Ok(Message::Text(text)) => speaker.text(&text, ctx),
        // It is empty, and stands for one that the guard has.
        Ok(Message::Binary(_)) => {
            let pieces = speaker.watch().data().unwrap_or_default();
            speaker.data(pieces, ctx);
        }
        Ok(Message::Continuation(item)) => assemble(speaker, item, ctx),
        Ok(Message::Ping(bytes)) => ctx.pong(&bytes),
        Ok(Message::Pong(_) | Message::Nop) => {}
        Ok(Message::Close(reason)) => {
            ctx.close(reason);
            ctx.stop();
        }
        // Nobody is there any more who could be told, or blamed.
        Err(_) if speaker.watch().is_broken() => ctx.stop(),
        // The only fault of a whole frame that the actor crate finds itself.
        Err(ProtocolError::Io(error))
            if error.kind() == ErrorKind::Other && speaker.watch().violation().is_none() =>
        {
            speaker.close(Closing::NotText, ctx);
        }
        // The guard refused a frame, or it was none.
        Err(_) => {
            let closing = match speaker.watch().violation() {
                Some(Violation::TooLarge) => Closing::TooLarge,
                Some(Violation::Flood) => Closing::Policy,
                Some(Violation::Protocol) | None => Closing::Protocol,
            };
            speaker.close(closing, ctx);
        }
    }
}

fn assemble<S: Speaker>(speaker: &mut S, item: Item, ctx: &mut Context<S>) {
    let (bytes, last) = match item {
        Item::FirstText(bytes) => {
            *speaker.assembly() = Assembly { text: true, bytes: BytesMut::new() };
            (bytes, false)
        }
        Item::FirstBinary(bytes) => {
            *speaker.assembly() = Assembly::default();
            (bytes, false)
        }
        Item::Continue(bytes) => (bytes, false),
        Item::Last(bytes) => (bytes, true),
    };
    speaker.assembly().bytes.extend_from_slice(&bytes);
    if !last {
        return;
    }
    let whole = std::mem::take(speaker.assembly());
    if !whole.text {
        let whole = (!whole.bytes.is_empty()).then(|| whole.bytes.freeze());
        return speaker.data(whole.into_iter().collect(), ctx);
    }
    match std::str::from_utf8(&whole.bytes) {
        Ok(text) => speaker.text(text, ctx),
        Err(_) => speaker.close(Closing::NotText, ctx),
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
        Speaker::close(self, closing, ctx);
    }
}
