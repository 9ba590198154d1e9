/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_CHAT_H
#define PLUG_LOOP_CHAT_H
/* The inside of a chat, for the files chat*.c. */
#include <plug/buf.h>
#include <plug/chat.h>

enum plug__chat_end { PLUG__CHAT_RAW, PLUG__CHAT_LENGTH, PLUG__CHAT_BYTES };

struct plug__chat_out; /* chat_out.c */

struct plug_chat {
    struct plug_dispatcher *d;
    const struct plug_chat_ops *ops;
    void *arg;
    size_t max_message, max_out;
    int64_t idle, active; /* active: when something last moved */
    bool closed;

    enum plug__chat_end end;
    size_t left; /* of LENGTH */
    size_t terminator_len;
    uint8_t terminator[PLUG_CHAT_TERMINATOR];
    struct plug_buf in; /* the beginning of a terminator, held back */
    size_t collected;   /* of the message that is coming */

    struct plug__chat_out *first, *last;
    size_t waiting;
};

/* Takes what arrived apart, calling collect and found. */
int plug__chat_feed(struct plug_chat *c, const void *bytes, size_t len);

/* Sends one chunk, or closes; and forgets the queue. */
int plug__chat_send(struct plug_chat *c);
void plug__chat_out_clear(struct plug_chat *c);

#endif
