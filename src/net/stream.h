/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NET_STREAM_H
#define PLUG_NET_STREAM_H
/* The inside of struct plug_stream: its two halves share nothing that changes. */
#include "net/sock_impl.h"
#include <plug/buf.h>
#include <plug/stream.h>

struct plug_stream {
    struct plug_sock *s; /* our own duplicate */
    int mode;
    enum plug_stream_buffering buffering;
    size_t cap;
    /* the reader's */
    struct plug_buf in;
    bool eof, poisoned;
    int error;
    /* the writer's */
    struct plug_buf out;
    uint64_t written;
};

#endif
