/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <t.h>
#include <unistd.h>

/* A line of /proc/self/status. */
static bool status_has(const char *line)
{
    static char text[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = 0;
    return strstr(text, line) != NULL;
}

static int child_drops(void)
{
    static const char none[] = "0000000000000000\n";
    char line[64];

    if (plug_privilege_drop() != 0)
        return 1;
    for (size_t i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "%s:\t%s",
                 (const char *[]){"CapInh", "CapPrm", "CapEff", "CapAmb"}[i], none);
        if (!status_has(line))
            return 2;
    }
    if (geteuid() == 0 && status_has("CapBnd:\t000001ffffffffff\n"))
        return 3;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || socket(AF_INET, SOCK_RAW, 1) >= 0)
        return 4;
    return plug_privilege_drop() == 0 ? 0 : 5; /* once more changes nothing */
}

T_TEST_PLAIN(after_the_drop_nothing_is_left)
{
    int status;
    pid_t pid = fork();

    T_TRUE(pid >= 0);
    if (pid == 0)
        _exit(child_drops());
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(status, 0);
}

/* What cannot be given up is told, never passed over. */
T_TEST_PLAIN(a_failure_is_told)
{
    static const char *const plan[] = {"prctl:1=EINVAL", "prctl2:1=EINVAL", "capset:1=EPERM"};

    for (size_t i = 0; i < 3; i++) {
        int status;
        pid_t pid = fork();

        T_TRUE(pid >= 0);
        if (pid == 0)
            _exit(plug_sys_fault(plan[i], NULL) == 0 && plug_privilege_drop() < 0 ? 0 : 1);
        T_EQ(waitpid(pid, &status, 0), pid);
        T_EQ(status, 0);
    }
}
