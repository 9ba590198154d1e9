/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_OFFLOAD_H
#define PLUG_BASE_OFFLOAD_H
/*
 * Lanes: kinds of jobs that share the pool's threads, each with its own queue and limits, so that
 * one kind that blocks for minutes leaves the others their threads.
 */
#include <plug/offload.h>

/* Static; its owner sets the limits, the rest is the pool's. */
struct plug__lane {
    size_t limit; /* most that run at once */
    size_t room;  /* most that wait */
    struct plug_offload *first, *last;
    size_t waiting, running;
    struct plug__lane *next; /* among the lanes that were ever used */
    bool used;
};

/* Hands in a job whose fn, arg, done and done_arg are set. Results of plug_offload. */
int plug__offload_in(struct plug__lane *lane, struct plug_offload *job);

/* Threads of the pool that have nothing to do. */
size_t plug__offload_idle(void);

#endif
