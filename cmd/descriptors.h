/* SPDX-License-Identifier: MIT */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H
#include "cmd.h"

/* The soft limit of open descriptors, raised to need where the hard one allows; else to that. What
 * it is then. */
uint64_t descriptors_raise(uint64_t need);

#endif
