/* SPDX-License-Identifier: MIT */
/* A header as the RFCs draw it: a ruler of bits, a cell for each field, with its value. */
#include "wire/packet_print.h"
#include "wire/packet_table.h"

#include <stdio.h>
#include <string.h>

#define CELLS    96 /* most fields that are drawn */
#define ROWS_MAX 4  /* rows of 32 bits that one field takes; what is longer is drawn shorter */
#define TEXT     64 /* the widest row, and a NUL */

/* Where it stands in the drawing, in bits, and what is written into it. */
struct cell {
    size_t at, bits;
    const char *label; /* NULL: the value says it all */
    char name[16];
    char value[TEXT];
};

struct drawing {
    struct plug__print o;
    struct cell cells[CELLS];
    unsigned count, width; /* width: bits in a row */
    size_t end;
};

/* What is written into a cell: one line, two, or a name downwards with the value below it. */
struct words {
    const char *line[2];
    unsigned lines;
    bool down;
    char room[TEXT * 2];
};

/* --- cells ------------------------------------------------------------------------------------ */

static struct cell *add(struct drawing *d, size_t bits, const char *label)
{
    size_t most = 32 * ROWS_MAX;
    if (d->count == CELLS)
        return NULL;
    struct cell *c = &d->cells[d->count++];
    while (bits > most && bits - d->width >= most)
        bits -= d->width;
    *c = (struct cell){.at = d->end, .bits = bits, .label = label};
    d->end += bits;
    return c;
}

static void add_flags(struct drawing *d, const struct plug_packet_field *f)
{
    const struct plug__field *row = f->row;
    for (unsigned i = 0; i < f->bits; i++) {
        const char *word;
        int len = (int)plug__word(row->flags, i, &word);
        struct cell *c = add(d, 1, f->label);
        if (!c)
            return;
        snprintf(c->name, sizeof c->name, "%.*s", len, word);
        snprintf(c->value, sizeof c->value, "%u", (unsigned)(f->number >> (f->bits - 1 - i) & 1));
    }
}

static void add_data(struct drawing *d, const struct plug_packet_field *f)
{
    size_t bits = f->len * 8 < d->width ? f->len * 8 : d->width;
    struct cell *c = add(d, bits, NULL);
    char text[TEXT];
    plug_packet_field_value(f, text, sizeof text);
    if (c)
        snprintf(c->value, sizeof c->value, "%zu byte%s: %s", f->len, f->len == 1 ? "" : "s", text);
}

static void add_field(struct drawing *d, const struct plug_packet_field *f)
{
    if (f->kind == PLUG_PACKET_FLAGS) {
        add_flags(d, f);
        return;
    }
    if (f->kind == PLUG_PACKET_BYTES) {
        add_data(d, f);
        return;
    }
    bool option = f->kind == PLUG_PACKET_OPTION;
    bool filler = option && strcmp(f->name, "padding") == 0;
    struct cell *c = add(d, f->bits, option ? NULL : f->label);
    if (!c)
        return;
    snprintf(c->name, sizeof c->name, "%s", f->name);
    if (filler)
        snprintf(c->value, sizeof c->value, "%s", f->name);
    else if (f->verdict == PLUG_PACKET_WRONG && f->kind == PLUG_PACKET_HEX)
        snprintf(c->value, sizeof c->value, "0x%04llx, not 0x%04llx", (unsigned long long)f->number,
                 (unsigned long long)f->expected);
    else if (f->kind == PLUG_PACKET_NAME && plug_packet_field_text(f, NULL, 0) < 2 * f->bits)
        plug_packet_field_text(f, c->value, sizeof c->value);
    else if (f->kind == PLUG_PACKET_NAME)
        snprintf(c->value, sizeof c->value, "%llu", (unsigned long long)f->number);
    else
        plug_packet_field_value(f, c->value, sizeof c->value);
}

static const struct cell *cell_at(const struct drawing *d, size_t bit)
{
    unsigned low = 0, high = d->count;
    if (bit >= d->end)
        return NULL;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        *(d->cells[middle].at <= bit ? &low : &high) = middle;
    }
    return &d->cells[low];
}

/* The row of a cell that its text stands in: the one with most room, of equal ones the middle. */
static size_t text_row(const struct drawing *d, const struct cell *c)
{
    size_t first = c->at / d->width, last = (c->at + c->bits - 1) / d->width;
    size_t from = c->at % d->width == 0 ? first : first + 1;
    size_t to = (c->at + c->bits) % d->width == 0 ? last + 1 : last;
    if (from < to)
        return from + (to - from - 1) / 2;
    return d->width - c->at % d->width >= (c->at + c->bits - 1) % d->width + 1 ? first : last;
}

/* --- words ------------------------------------------------------------------------------------ */

static bool fits(struct words *w, size_t room, const char *name, const char *value)
{
    int n = snprintf(w->room, sizeof w->room, "%s: %s", name, value);
    w->lines = 1;
    w->line[0] = w->room;
    if (n >= 0 && (size_t)n <= room)
        return true;
    w->lines = 2;
    w->line[0] = name;
    w->line[1] = value;
    return false;
}

static void words(const struct cell *c, size_t room, struct words *w)
{
    w->down = false;
    w->lines = 1;
    w->line[0] = c->value;
    if (!c->label)
        return;
    if (fits(w, room, c->label, c->value) || fits(w, room, c->name, c->value))
        return;
    w->line[0] = strlen(c->label) <= room ? c->label : c->name;
    w->down = room == 1;
    if (w->down)
        w->lines = (unsigned)strlen(w->line[0]) + 1;
}

/* What stands in a line of a cell; its length, at most room. */
static size_t word_of(const struct words *w, unsigned height, unsigned line, size_t room,
                      const char **ret_text)
{
    unsigned above = w->down ? 0 : (height - w->lines) / 2, i = line - above;
    *ret_text = "";
    if (w->down) {
        bool last = line + 1 == height;
        *ret_text = last ? w->line[1] : line < w->lines - 1 ? w->line[0] + line : "";
        return **ret_text == '\0' ? 0 : last ? strlen(*ret_text) : 1;
    }
    if (line < above || i >= w->lines)
        return 0;
    *ret_text = w->line[i];
    size_t n = strlen(w->line[i]);
    return n < room ? n : room;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* The part of a cell in a row: its bits from *ret_from on, inside the row. */
static size_t part(const struct drawing *d, size_t row, const struct cell *c, size_t *ret_from)
{
    size_t begin = row * d->width, from = c->at > begin ? c->at - begin : 0;
    size_t to = c->at + c->bits - begin;
    *ret_from = from;
    return (to < d->width ? to : d->width) - from;
}

static unsigned height(const struct drawing *d, size_t row)
{
    unsigned most = 1;
    for (unsigned i = 0; i < d->count; i++) {
        const struct cell *c = &d->cells[i];
        struct words w;
        size_t from;
        if (text_row(d, c) != row)
            continue;
        words(c, part(d, row, c, &from) * 2 - 1, &w);
        most = w.lines > most ? w.lines : most;
    }
    return most;
}

static void draw_line(struct drawing *d, size_t row, unsigned high, unsigned line)
{
    for (size_t bit = row * d->width; bit < (row + 1) * d->width && bit < d->end;) {
        const struct cell *c = cell_at(d, bit);
        size_t from, bits = part(d, row, c, &from), room = bits * 2 - 1, n = 0;
        const char *text = "";
        struct words w;
        if (text_row(d, c) == row) {
            words(c, room, &w);
            n = word_of(&w, high, line, room, &text);
        }
        plug__print_char(&d->o, '|', 1);
        plug__print_char(&d->o, ' ', (room - n) / 2);
        plug__print_text(&d->o, text, n);
        plug__print_char(&d->o, ' ', room - n - (room - n) / 2);
        bit += bits;
    }
    plug__print(&d->o, "|\n");
}

/* Is there a line between a bit and the one above it? */
static bool ruled(const struct drawing *d, size_t row, size_t column)
{
    size_t bit = row * d->width + column;
    const struct cell *above = row > 0 ? cell_at(d, bit - d->width) : NULL;
    return above != cell_at(d, bit);
}

static void draw_border(struct drawing *d, size_t row)
{
    size_t columns = row == 0 && d->end < d->width ? d->end : d->width;
    for (size_t i = 0; i < columns; i++) {
        bool left = i > 0 && ruled(d, row, i - 1), here = ruled(d, row, i);
        plug__print_char(&d->o, i == 0 || left || here ? '+' : ' ', 1);
        plug__print_char(&d->o, here ? '-' : ' ', 1);
    }
    plug__print(&d->o, "+\n");
}

static void draw_bottom(struct drawing *d)
{
    size_t bits = d->end % d->width ? d->end % d->width : d->width;
    for (size_t i = 0; i < bits; i++)
        plug__print(&d->o, "+-");
    plug__print(&d->o, "+\n");
}

static void draw_ruler(struct drawing *d)
{
    for (unsigned i = 0; i < d->width && d->width > 10; i++)
        if (i % 10 == 0)
            plug__print(&d->o, "%s %u", i ? "                  " : "", i / 10);
    plug__print(&d->o, d->width > 10 ? "\n" : "");
    for (unsigned i = 0; i < d->width; i++)
        plug__print(&d->o, " %u", i % 10);
    plug__print(&d->o, "\n");
}

size_t plug_packet_diagram(const struct plug_packet *p, unsigned layer, unsigned columns, char *buf,
                           size_t len)
{
    struct drawing d = {.o = {buf, len, 0}, .width = columns >= 66 ? 32 : columns >= 34 ? 16 : 8};
    struct plug_packet_field f = {.name = NULL};
    for (unsigned at = 0; plug_packet_field_next(p, layer, &at, &f);)
        add_field(&d, &f);
    if (d.end > 0 && f.kind != PLUG_PACKET_BYTES)
        draw_ruler(&d);
    for (size_t row = 0; row * d.width < d.end; row++) {
        unsigned high = height(&d, row);
        draw_border(&d, row);
        for (unsigned line = 0; line < high; line++)
            draw_line(&d, row, high, line);
    }
    if (d.end > 0)
        draw_bottom(&d);
    return plug__print_end(&d.o);
}
