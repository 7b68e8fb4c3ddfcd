//! Registering: files are offered, and each is admitted or refused by itself.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, ContextFutureSpawner, WrapFuture};
use tokio::time::sleep;

use super::session::WsSession;
use super::socket::{self, Ctx};
use super::wire::{Accepted, Offer, Refused, ServerMessage};
use crate::domain::{Code, Entry, EntryRef, Rejection};
use crate::transport::answer::log;

impl WsSession {
    /// Registers what is offered, when its rate allows that. A page that has to wait is not listened to meanwhile, or
    /// what it offers more would gather here.
    pub(super) fn register(&mut self, slot: String, offers: Vec<Offer>, ctx: &mut Ctx) {
        let meters = self.uploads.meters();
        let caller = self.mounted.session.caller();
        let wait = self.origin.map(|origin| meters.offer(origin, caller, offers.len()));
        match wait.unwrap_or(Ok(Duration::ZERO)) {
            Ok(Duration::ZERO) => self.register_now(slot, offers, ctx),
            Ok(wait) => {
                // Its silence counts as ever: so long no page has to be silent, and whoever floods is cut off for it.
                sleep(wait)
                    .into_actor(self)
                    .map(move |(), actor, ctx| actor.register_now(slot, offers, ctx))
                    .wait(ctx);
            }
            Err(refused) => {
                let errors =
                    offers.into_iter().map(|offer| Refused::new(offer.reference, &refused));
                let (entries, errors) = (Vec::new(), errors.collect());
                socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
            }
        }
    }

    fn register_now(&mut self, slot: String, offers: Vec<Offer>, ctx: &mut Ctx) {
        let mut errors = Vec::new();
        let mut batch = Vec::new();
        for Offer { reference, facts } in offers {
            match facts {
                Ok(facts) => batch.push((reference, facts)),
                Err(error) => {
                    let rejection = Rejection::new(error.code).with_message(error.message);
                    errors.push(Refused::new(reference, &rejection));
                }
            }
        }
        let Some(wish) = self.wishes().one_more() else {
            let refused = Rejection::new(Code::RateLimited);
            errors
                .extend(batch.into_iter().map(|(reference, _)| Refused::new(reference, &refused)));
            let entries = Vec::new();
            return socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
        };
        let session = self.mounted.session.clone();
        let references: Vec<EntryRef> =
            batch.iter().map(|(reference, _)| reference.clone()).collect();
        let takes_its_time = session.asks(&slot) || self.registering > 0;
        self.registering += 1;
        let registering = async move { (session.register(&slot, batch).await, slot) }
            .into_actor(self)
            .map(move |(answers, slot), actor: &mut Self, ctx: &mut Ctx| {
                actor.registering -= 1;
                drop(wish);
                let answers = match answers {
                    Ok(answers) => answers,
                    Err(error) => {
                        if error.is_ours() && actor.mounted.session.is_fault_enough() {
                            log(&error);
                        }
                        let rejection = error.rejection();
                        references.iter().map(|_| Err(rejection.clone())).collect()
                    }
                };
                actor.registered(slot, references, answers, errors, ctx);
            });
        if takes_its_time {
            // An application thinks about a file while the bytes of others go on.
            ctx.spawn(registering);
        } else {
            // Registering is short, and the messages behind it may already be about these files.
            registering.wait(ctx);
        }
    }

    fn registered(
        &mut self,
        slot: String,
        references: Vec<EntryRef>,
        answers: Vec<Result<Entry, Rejection>>,
        mut errors: Vec<Refused>,
        ctx: &mut Ctx,
    ) {
        let mut entries = Vec::new();
        let mut empty = Vec::new();
        for (reference, answer) in references.into_iter().zip(answers) {
            match answer {
                Ok(entry) => {
                    let stream = self.streams.open(entry.id, reference.clone());
                    if entry.length == Some(0) {
                        empty.push(stream);
                    }
                    entries.push(Accepted { r#ref: reference, id: entry.id, stream, offset: 0 });
                }
                Err(rejection) => errors.push(Refused::new(reference, &rejection)),
            }
        }
        socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
        for stream in empty {
            self.claim(stream, None, ctx);
        }
    }
}
