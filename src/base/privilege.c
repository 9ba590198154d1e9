/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <plug/privilege.h>
#include <plug/sys.h>
#include <sys/prctl.h>

#define CAPABILITIES 64 /* more than any kernel has */

/* The bounding set may be cut by who has CAP_SETPCAP; for others it has no use without set-user-id
 * programs, which no_new_privs takes the effect from. */
static void cut_bounding_set(void)
{
    for (unsigned long cap = 0; cap < CAPABILITIES; cap++)
        if (plug_sys()->prctl(PR_CAPBSET_DROP, cap) < 0)
            break;
}

int plug_privilege_drop(void)
{
    int r = plug_sys()->prctl(PR_SET_NO_NEW_PRIVS, 1);

    cut_bounding_set();
    if (r >= 0)
        r = plug_sys()->prctl2(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
    if (r >= 0)
        r = plug_sys()->capset(0);
    return r < 0 ? r : 0;
}
