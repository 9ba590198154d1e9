/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_FORK_IMPL_H
#define PLUG_SERVER_FORK_IMPL_H
/* Between the two sides of the fork model: model_fork.c is the parent, fork_child.c the child. */
#include "server/server_impl.h"
#include <signal.h>

struct plug__child {
    pid_t pid;
    int pidfd; /* negative: the kernel has none */
    size_t slot;
    int64_t end_at;        /* past its age from here on; it knows the same time */
    bool fresh;            /* for one request */
    int64_t kill_at;       /* it has been told to end; 0: not yet */
    struct plug_addr peer; /* of a fresh one, to be counted out */
};

struct plug__forks {
    struct plug__child *child;
    size_t children;
    int64_t fork_at; /* not before */
    bool kept;       /* children accept by themselves */
};

/* The first steps of a new process: signals, descriptors, its end with the parent's. */
void plug__child_begin(struct plug_server *s, struct plug__slot *slot, pid_t parent,
                       const sigset_t *mask);
/* What it then does; they end the process. */
void plug__child_keep_serving(struct plug_server *s, int64_t end_at) __attribute__((noreturn));
void plug__child_serve_one(struct plug_server *s, struct plug_conn *c) __attribute__((noreturn));

/* A handler has returned. */
void plug__child_closing(struct plug_conn *c);

#endif
