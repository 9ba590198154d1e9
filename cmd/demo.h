/* SPDX-License-Identifier: MIT */
#ifndef DEMO_H
#define DEMO_H
#include "cmd.h"

/* What of the walk was right, and what was not. */
struct demo_score {
    size_t right, failed;
};

/* One handler under every model, with many clients at once: a table. */
void demo_models(struct cmd *c, struct demo_score *score);

#endif
