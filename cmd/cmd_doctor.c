/* SPDX-License-Identifier: MIT */
/* plug doctor: what this machine allows, what not, why, and what would change it. */
#include "doctor.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COLUMN 23 /* where findings begin */

/* --- for the checks --------------------------------------------------------------------------- */

void doctor_value(struct doctor_finding *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f->value, sizeof f->value, fmt, ap);
    va_end(ap);
}

static void because(struct doctor_finding *f, enum doctor_state state, const char *fix,
                    const char *fmt, va_list ap)
{
    f->state = state;
    f->fix = fix;
    vsnprintf(f->reason, sizeof f->reason, fmt, ap);
}

void doctor_lacks(struct doctor_finding *f, const char *fix, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    because(f, DOCTOR_LACKS, fix, fmt, ap);
    va_end(ap);
}

void doctor_bad(struct doctor_finding *f, const char *fix, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    because(f, DOCTOR_BAD, fix, fmt, ap);
    va_end(ap);
}

ssize_t doctor_file(const char *path, char *buf, size_t len)
{
    int fd = plug_sys()->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    ssize_t n;

    if (fd < 0)
        return fd;
    n = plug_sys()->read(fd, buf, len - 1);
    (void)plug_sys()->close(fd);
    buf[n > 0 ? n : 0] = 0;
    return n;
}

bool doctor_line(const char *path, char *buf, size_t len)
{
    if (doctor_file(path, buf, len) <= 0)
        return false;
    buf[strcspn(buf, "\n")] = 0;
    for (char *p = buf; *p; p++)
        *p = *p == '\t' ? ' ' : *p;
    return true;
}

void doctor_setting(struct doctor_finding *f, const char *path)
{
    char line[128];

    if (doctor_line(path, line, sizeof line))
        doctor_value(f, "%s", cmd_safe_str(line));
    else
        doctor_lacks(f, NULL, "%s cannot be read", path);
}

bool doctor_socket(struct doctor_finding *f, int family, int type, int proto, const char *fix,
                   int *ret_fd)
{
    int fd = plug_sys()->socket(family, type | SOCK_CLOEXEC, proto);

    if (fd < 0) {
        doctor_lacks(f, fix, "%s", plug_strerror(fd));
        return false;
    }
    *ret_fd = fd;
    return true;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void tell_text(struct cmd *c, const struct doctor_check *check,
                      const struct doctor_finding *f)
{
    static const enum cmd_style style[] = {CMD_GOOD, CMD_WARN, CMD_BAD};
    char text[sizeof f->value + sizeof f->reason + 2];
    const char *mark[] = {cmd_mark("✓", "+"), cmd_mark("–", "-"), cmd_mark("✗", "x")};

    if (check->section)
        cmd_print(c, "%s%s%s\n", cmd_style(c, CMD_BOLD), check->section, cmd_style(c, CMD_PLAIN));
    cmd_print(c, "  %s%s%s %-18s ", cmd_style(c, style[f->state]), mark[f->state],
              cmd_style(c, CMD_PLAIN), check->name);
    snprintf(text, sizeof text, "%s%s%s", f->value, *f->value && *f->reason ? "; " : "", f->reason);
    cmd_wrap(c, text, COLUMN, COLUMN);
    if (f->fix) {
        cmd_print(c, "%*s%s", COLUMN, "", cmd_style(c, CMD_DIM));
        cmd_wrap(c, f->fix, COLUMN, COLUMN);
        cmd_print(c, "%s", cmd_style(c, CMD_PLAIN));
    }
}

static void tell_event(struct cmd *c, const struct doctor_check *check, const char *section,
                       const struct doctor_finding *f)
{
    struct plug_json j;

    cmd_event(c, &j, "check");
    plug_json_string(&j, "section", section);
    plug_json_string(&j, "name", check->name);
    plug_json_bool(&j, "ok", f->state == DOCTOR_OK);
    plug_json_bool(&j, "needed", f->state == DOCTOR_BAD);
    plug_json_string(&j, "value", *f->value ? f->value : NULL);
    plug_json_string(&j, "reason", *f->reason ? f->reason : NULL);
    plug_json_string(&j, "fix", f->fix);
    cmd_event_end(c, &j);
}

static void examine(struct cmd *c, const struct doctor_check *check, size_t number[3])
{
    const char *section = NULL;

    for (; check->name && !cmd_signal(); check++) {
        struct doctor_finding f = {0};

        if (check->section)
            section = check->section;
        check->fn(&f);
        if (f.state == DOCTOR_OK && !*f.value)
            doctor_value(&f, "available");
        number[f.state]++;
        if (c->json)
            tell_event(c, check, section, &f);
        else
            tell_text(c, check, &f);
        (void)cmd_flush(c);
    }
}

static void sum_up(struct cmd *c, const size_t number[3], int code)
{
    struct plug_json j;

    if (!c->json) {
        cmd_print(c, "%zu fine, %zu not there, %zu missing that plug needs\n", number[DOCTOR_OK],
                  number[DOCTOR_LACKS], number[DOCTOR_BAD]);
        return;
    }
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", "done");
    plug_json_uint(&j, "ok", number[DOCTOR_OK]);
    plug_json_uint(&j, "lacking", number[DOCTOR_LACKS]);
    plug_json_uint(&j, "bad", number[DOCTOR_BAD]);
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
}

static int run(struct cmd *c)
{
    static const struct doctor_check *const part[] = {doctor_system, doctor_network, doctor_kernel};
    size_t number[3] = {0, 0, 0};
    int code = cmd_operands(c, 0, 0);

    if (code != CMD_YES)
        return code;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        examine(c, part[i], number);
    if (cmd_signal())
        return cmd_signal_exit();
    code = number[DOCTOR_BAD] ? CMD_NO : CMD_YES;
    sum_up(c, number, code);
    return code;
}

const struct cmd_info cmd_doctor = {
    .name = "doctor",
    .summary = "what this machine allows, what not, why, and what would change it",
    .operands = "",
    .examples = "plug doctor                          # everything, with fixes\n"
                "plug doctor --json | jq 'select(.ok == false)'\n"
                "plug doctor >/dev/null && echo fine  # is all there that plug needs?\n",
    .notes =
        "Marks: it is there; not there, plug does without; missing and needed. Exit 1 only for "
        "the last kind.\n",
    .summary_event = true,
    .run = run,
};
