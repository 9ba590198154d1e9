/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_PLAN_H
#define WIRE_STRUCT_PLAN_H
/*
 * What a format text is turned into before anything is packed: a plan, a list of runs.
 *
 * A run is a stretch of items that are packed alike ("HH", "10H", "3s"), or a stretch of padding.
 * The executors dispatch once per run and loop over its items, so a record costs few jumps, and
 * "1000000H" is one run. Bounds are checked once, against the size of the whole record.
 */
#include <plug/struct.h>

#define PLUG__LIKELY(x)   __builtin_expect(!!(x), 1)
#define PLUG__UNLIKELY(x) __builtin_expect(!!(x), 0)

/* How the items of a run are moved. _SWAP: the other byte order than the host's. */
enum plug__struct_op {
    PLUG__OP_BAD, /* not a format character; the first four are never in a run */
    PLUG__OP_SPACE,
    PLUG__OP_DIGIT,
    PLUG__OP_NATIVE_ONLY,
    PLUG__OP_PAD,
    PLUG__OP_CHAR,
    PLUG__OP_BOOL,
    PLUG__OP_I8,
    PLUG__OP_U8,
    PLUG__OP_I16,
    PLUG__OP_I16_SWAP,
    PLUG__OP_U16,
    PLUG__OP_U16_SWAP,
    PLUG__OP_I32,
    PLUG__OP_I32_SWAP,
    PLUG__OP_U32,
    PLUG__OP_U32_SWAP,
    PLUG__OP_I64,
    PLUG__OP_I64_SWAP,
    PLUG__OP_U64,
    PLUG__OP_U64_SWAP,
    PLUG__OP_POINTER,
    PLUG__OP_F16,
    PLUG__OP_F16_SWAP,
    PLUG__OP_F32,
    PLUG__OP_F32_SWAP,
    PLUG__OP_F64,
    PLUG__OP_F64_SWAP,
    PLUG__OP_STRING,
    PLUG__OP_PASCAL,
    PLUG__OP_COUNT
};

struct plug__struct_run {
    size_t offset; /* in the record */
    size_t count;  /* items; for PAD, STRING and PASCAL bytes */
    uint8_t op;
};

/* One code of the format, with its repeat count. */
struct plug__struct_part {
    size_t offset; /* of its first item */
    size_t repeat;
    size_t padding; /* before its first item, back to the item before */
    size_t first;   /* index of its first item */
    uint32_t at;    /* its character in the text */
    char code;
    uint8_t op;
    uint8_t item_size; /* 1 for STRING and PASCAL, whose repeat is their length */
};

/* How many bytes of text a Pascal item of n bytes at p says it has, cut to what there is. */
static inline size_t plug__struct_pascal_len(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    return p[0] < n ? p[0] : n - 1;
}

/* Number of values a part stands for. */
static inline size_t plug__struct_part_items(const struct plug__struct_part *part)
{
    if (part->op >= PLUG__OP_STRING)
        return 1;
    return part->op == PLUG__OP_PAD ? 0 : part->repeat;
}

/* Reads a NUL-terminated format part by part. */
struct plug__struct_code;
struct plug__struct_reader {
    const char *text, *at;
    const struct plug__struct_code *codes;
    size_t size;  /* of the record so far */
    size_t count; /* items so far */
    size_t end;   /* of the last item so far: what follows is padding */
};
void plug__struct_reader_init(struct plug__struct_reader *r, const char *text);
/* 1 and a part; 0 at the end; or an error of plug_struct_open, told to ret_error. */
int plug__struct_reader_next(struct plug__struct_reader *r, struct plug__struct_part *ret_part,
                             struct plug_struct_error *ret_error);

struct plug__struct_plan {
    const char *text; /* NUL-terminated */
    size_t size;      /* of a record */
    size_t count;     /* items */
    struct plug__struct_run *run;
    size_t run_count, run_room;
    struct plug__struct_part *part; /* those that have items */
    size_t part_count, part_room;
};

/*
 * Reads the format plan->text, fills in size and counts, and as many runs and parts as there is
 * room for. 0, or an error of plug_struct_open, told to ret_error.
 */
int plug__struct_plan_make(struct plug__struct_plan *plan, struct plug_struct_error *ret_error);

/* The part that an item belongs to, found by reading a good format again. */
void plug__struct_plan_find(const struct plug__struct_plan *plan, size_t item,
                            struct plug__struct_part *ret_part);

/* --- executors: runs to bytes and back ---------------------------------------------------------
 */

/* NULL, or the value that does not suit its item. */
const struct plug_value *plug__struct_run_pack(const struct plug__struct_run *run,
                                               const struct plug__struct_run *end,
                                               const struct plug_value *v, uint8_t *base);
void plug__struct_run_unpack(const struct plug__struct_run *run, const struct plug__struct_run *end,
                             const uint8_t *base, struct plug_value *v);
/* NULL, or the first pointer that does not suit its item (len of PLUG_REF_INTO included). */
const struct plug_ref *plug__struct_run_check(const struct plug__struct_run *run,
                                              const struct plug__struct_run *end,
                                              const uint8_t *base, const struct plug_ref *ref);
void plug__struct_run_store(const struct plug__struct_run *run, const struct plug__struct_run *end,
                            const uint8_t *base, const struct plug_ref *ref);

/* The kind of pointer an item wants in the first place. */
enum plug_ref_kind plug__struct_op_wants(uint8_t op);

/* --- IEEE 754 binary16, in host order ----------------------------------------------------------
 */

/* false when x is finite and too large. */
bool plug__half_pack(double x, uint16_t *ret_half);
double plug__half_unpack(uint16_t half);

/* --- errors: each fills in *ret_error (may be NULL) and returns its code -----------------------
 */

int plug__struct_fail_format(struct plug_struct_error *ret_error, int code, char character,
                             size_t format_offset);
int plug__struct_fail_count(struct plug_struct_error *ret_error, enum plug_struct_step step,
                            size_t needed, size_t actual);
int plug__struct_fail_place(struct plug_struct_error *ret_error, int code,
                            enum plug_struct_step step, size_t needed, size_t actual,
                            ptrdiff_t offset);
int plug__struct_fail_value(struct plug_struct_error *ret_error,
                            const struct plug__struct_plan *plan, size_t item,
                            const struct plug_value *value);
int plug__struct_fail_ref(struct plug_struct_error *ret_error, const struct plug__struct_plan *plan,
                          size_t item, const struct plug_ref *ref);

#endif
