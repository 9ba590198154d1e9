/* SPDX-License-Identifier: MIT */
#ifndef CMD_H
#define CMD_H
/*
 * The frame every sub-command of plug stands in: one table entry, one option table, one way to
 * print, one set of exit codes.
 *
 * A sub-command is one file cmd/cmd_NAME.c with
 *   1. a struct of its options, and a static table of struct cmd_opt that points into it;
 *   2. int run(struct cmd *c): c->argc/argv are the operands; it returns an enum cmd_exit;
 *   3. const struct cmd_info cmd_NAME, listed in cmd/main.c.
 * Help, man page checks, completions and environment defaults (PLUG_NAME_OPTION) come from the table.
 */
#include <plug.h>
#include <stdio.h>

enum cmd_exit {
    CMD_YES = 0,     /* it is so; it worked */
    CMD_NO = 1,      /* it ran and the answer is no */
    CMD_UNKNOWN = 2, /* it could not tell: usage, resolution, permission, network, output failure */
    CMD_SIGINT = 130,
    CMD_SIGTERM = 143
};

enum cmd_opt_kind {
    CMD_FLAG,     /* bool */
    CMD_COUNT,    /* unsigned: how often it was given */
    CMD_STRING,   /* const char * */
    CMD_UINT,     /* uint64_t between min and max */
    CMD_DURATION, /* int64_t: plug_duration_parse */
    CMD_CHOICE,   /* int: index in choices ("a|b|c") */
    CMD_LIST      /* struct cmd_list: every occurrence */
};

struct cmd_list {
    const char *item[32];
    size_t count;
};

struct cmd_opt {
    const char *name; /* "timeout"; NULL ends the table */
    char letter;      /* 'w' or 0 */
    enum cmd_opt_kind kind;
    const char *metavar; /* "TIME"; for CMD_CHOICE the choices "half|close|wait|never" */
    const char *help;    /* one line, no full stop */
    size_t offset;       /* offsetof the field in the options struct */
    uint64_t min, max;   /* for CMD_UINT */
};

struct cmd {
    const struct cmd_info *info;
    int argc;    /* operands only */
    char **argv; /* NULL-terminated */
    bool json, quiet;
    unsigned verbose;
    bool color_out, color_err; /* --color > FORCE_COLOR > NO_COLOR > tty */
    struct plug_buf out;       /* what is to be written to stdout */
    int out_error;             /* the first failure of writing stdout (-EPIPE, -ENOSPC ...) */
    void *opts;                /* the sub-command's options struct */
};

struct cmd_info {
    const char *name;
    const char *summary;  /* one line */
    const char *operands; /* "FORMAT VALUE..." */
    const char *examples; /* three or more lines "  plug pack ...   # what it shows" */
    const char *notes;    /* more text for --help, or NULL */
    const struct cmd_opt *opts; /* without the common ones: --json --color -q -v --help */
    size_t opts_size;
    const void *defaults;  /* an options struct to start from; NULL: all zero */
    bool stop_at_operand;  /* options only before the first operand (pack: -5 is a number) */
    int (*run)(struct cmd *c);
};

/* --- output (everything for stdout goes through these; text from outside through cmd_safe) --- */

/* Formatted text to stdout. Flushed line by line at the end of each event or when large. */
void cmd_print(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* Raw bytes to stdout (payload). Returns 0 or the write error. */
int cmd_write(struct cmd *c, const void *bytes, size_t len);
/* Escaped for a terminal; static ring of 8 buffers, so several fit one cmd_print. */
const char *cmd_safe(const void *bytes, size_t len);
const char *cmd_safe_str(const char *text);
/* Flushes stdout. 0 or the error; main turns a failure into exit 2 and a message (EPIPE: silently). */
int cmd_flush(struct cmd *c);

/* Starts a JSON event {"type":TYPE, "v":1, "ts":RFC 3339 with microseconds, ... into *j. Ended and
 * written by cmd_event_end. ts and v are left out of events whose contract gives the whole object. */
void cmd_event(struct cmd *c, struct plug_json *j, const char *type);
void cmd_event_bare(struct cmd *c, struct plug_json *j, const char *type);
void cmd_event_end(struct cmd *c, struct plug_json *j);

/* --- errors -------------------------------------------------------------------------------- */

/*
 * "plug pack: ushort ...: out of range" on stderr; with --json also an event
 * {"type":"error","code":NAME,"message":...,"hint":...} on stdout. object is escaped. Returns
 * CMD_UNKNOWN, so that a command can say  return cmd_fail(c, err, "connect", text, hint).
 */
int cmd_fail(struct cmd *c, int err, const char *op, const char *object, const char *hint);
/* A usage mistake: message, then "try 'plug NAME --help'". Returns CMD_UNKNOWN. */
int cmd_usage(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* "plug NAME: text" on stderr unless -q. */
void cmd_warn(struct cmd *c, const char *fmt, ...) PLUG_PRINTF(2, 3);

/* --- signals ------------------------------------------------------------------------------- */

/* 0, or the signal (SIGINT, SIGTERM, SIGHUP) that arrived; waits of the main thread then return -EINTR. */
int cmd_signal(void);
/* The exit code for it: 130, 143. */
int cmd_signal_exit(void);
/* A descriptor that becomes readable at the first signal, for poll. */
int cmd_signal_fd(void);

/* --- colour -------------------------------------------------------------------------------- */

enum cmd_style { CMD_PLAIN, CMD_BOLD, CMD_DIM, CMD_GOOD, CMD_BAD, CMD_WARN, CMD_NAME };
/* The escape sequence for stdout, or "" when colour is off. */
const char *cmd_style(const struct cmd *c, enum cmd_style style);

#endif
