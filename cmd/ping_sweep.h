/* SPDX-License-Identifier: MIT */
#ifndef PING_SWEEP_H
#define PING_SWEEP_H
/*
 * plug ping over prefixes, ranges and files: who answers? One line for each that does.
 */
#include "ping.h"

/* Do the operands and options name a set of addresses to be swept? */
bool ping_is_sweep(const struct cmd *c);
/* Checks the options, sweeps, and tells. The exit code. */
int ping_sweep(struct cmd *c);

/* --- ping_targets.c */

/* Operands and files become a sealed set. What cannot be looked up is told and counted, the rest
 * goes on. CMD_YES, or a failure that has been told. */
int ping_targets(struct cmd *c, struct plug_targets **ret_targets, size_t *ret_unknown);

#endif
