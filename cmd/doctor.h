/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_H
#define DOCTOR_H
/* The questions plug doctor asks a machine. */
#include "cmd.h"

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_LACKS, /* not there, and plug does without */
    DOCTOR_BAD    /* not there, and plug needs it */
};

/* What one check found; it begins as {0}: fine, with nothing to say. */
struct doctor_finding {
    enum doctor_state state;
    char value[160];
    char reason[200]; /* why not */
    const char *fix;  /* what would change it; NULL: nothing simple */
};

struct doctor_check {
    const char *section; /* NULL: as the one before; name NULL ends the table */
    const char *name;
    void (*fn)(struct doctor_finding *f);
};

extern const struct doctor_check doctor_system[], doctor_network[], doctor_kernel[];

/* Fills f->value. */
void doctor_value(struct doctor_finding *f, const char *fmt, ...) PLUG_PRINTF(2, 3);
/* It is not there, and why. */
void doctor_lacks(struct doctor_finding *f, const char *fix, const char *fmt, ...)
    PLUG_PRINTF(3, 4);
/* The same for what plug needs. */
void doctor_bad(struct doctor_finding *f, const char *fix, const char *fmt, ...) PLUG_PRINTF(3, 4);
/* The first line of a file, without its end; false: it cannot be read. */
bool doctor_line(const char *path, char *buf, size_t len);
/* The beginning of a file. Length, or an error. */
ssize_t doctor_file(const char *path, char *buf, size_t len);
/* Shows a setting of the kernel as the value. */
void doctor_setting(struct doctor_finding *f, const char *path);
/* Can such a socket be made? *ret_fd is the caller's to close. */
bool doctor_socket(struct doctor_finding *f, int family, int type, int proto, const char *fix,
                   int *ret_fd);

#endif
