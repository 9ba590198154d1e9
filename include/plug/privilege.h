/* SPDX-License-Identifier: MIT */
#ifndef PLUG_PRIVILEGE_H
#define PLUG_PRIVILEGE_H
/*
 * Giving privileges up: what needs them is opened first, then strangers' bytes are read.
 *
 * Layer: base.
 *
 * The caller:
 *   1. opens its raw sockets, binds its low ports
 *   2. plug_privilege_drop()
 *   3. reads what comes from outside: whoever takes the process over now has no more than a user
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/*
 * Takes every capability from the calling thread for good: effective, permitted, inheritable,
 * ambient, and the bounding set where that is allowed; and sets no_new_privs, so that no program
 * it executes brings one back. Call it while the process has one thread: others keep theirs.
 * The user id stays. Descriptors stay what they are. 0; -EPERM, -EINVAL (something was in the way:
 * end the program). Waits never.
 */
PLUG_API PLUG_MUST int plug_privilege_drop(void);

PLUG_END_DECLS
#endif
