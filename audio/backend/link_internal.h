/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two halves of the link share: streams (link.c), messages (link_messages.c). */
#ifndef AUDIO_BACKEND_LINK_INTERNAL_H
#define AUDIO_BACKEND_LINK_INTERNAL_H

#include "backend/link.h"

/* Asks the service for the stream what it is to know next, if nothing is on the way. */
void link_sync(struct link *l, unsigned stream);
/* Whether the clock or the service has each stream now. */
void link_clocks(struct link *l, uint64_t now);
/* The connection ends; `why` goes to the log. */
void link_lost(struct link *l, const char *why);
/* Sends HELLO. */
void link_greet(struct link *l);
/* Reads what has come. */
void link_receive(struct link *l);
/* The ring is nobody's but ours now: made as the last open() wants it. */
void link_settle(struct link *l, unsigned stream);
void link_arm(struct link *l);

#endif
