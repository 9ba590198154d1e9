/* SPDX-License-Identifier: MIT */
/*
 * Shows    dialling: every address tried, one deadline for all, and a report of what happened
 * Needs    an endpoint: tcp://HOST:PORT, udp://HOST:PORT, unix:/PATH
 * Run      dial [ENDPOINT]        without one: a port where nobody listens, to see the report
 * Try with dial tcp://localhost:22
 */
#include <plug.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://localhost:1";
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    struct plug_dial_report report;
    struct plug_sock *s;
    char text[4096], line[256];

    o.timeout = PLUG_S(5);
    int err = plug_dial(&s, endpoint, &o, &report);
    plug_dial_report_text(&report, text, sizeof text);
    plug_duration_text(report.resolve_took, line, sizeof line);
    printf("resolved in %s\n%s", line, text);
    if (err < 0) {
        plug_err_text(err, report.phase, endpoint, line, sizeof line);
        printf("%s\n", line);
        return argc > 1;
    }
    plug_sock_describe(s, line, sizeof line);
    printf("connected: %s\n", line);
    plug_sock_close(s);
    return 0;
}
