/* SPDX-License-Identifier: MIT */
/* The C struct that has the bytes of a format. */
#include "record.h"
#include <stdio.h>
#include <string.h>

const char *record_c_type(const struct record *r, const struct plug_struct_item *item)
{
    static const struct {
        char code;
        const char *native, *standard;
    } types[] = {
        {'c', "char", "char"},
        {'b', "signed char", "int8_t"},
        {'B', "unsigned char", "uint8_t"},
        {'?', "bool", "bool"},
        {'h', "short", "int16_t"},
        {'H', "unsigned short", "uint16_t"},
        {'i', "int", "int32_t"},
        {'I', "unsigned int", "uint32_t"},
        {'l', "long", "int32_t"},
        {'L', "unsigned long", "uint32_t"},
        {'q', "long long", "int64_t"},
        {'Q', "unsigned long long", "uint64_t"},
        {'n', "ssize_t", "ssize_t"},
        {'N', "size_t", "size_t"},
        {'e', "uint16_t", "uint16_t"},
        {'f', "float", "float"},
        {'d', "double", "double"},
        {'s', "char", "char"},
        {'p', "unsigned char", "unsigned char"},
        {'P', "void *", "void *"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == item->code)
            return record_mode(r) == '@' ? types[i].native : types[i].standard;
    return "?";
}

static bool is_text(const struct plug_struct_item *item)
{
    return item->code == 's' || item->code == 'p';
}

/* The alignment of a native item, which is where a second one of it would go behind a byte. */
static size_t alignment(const struct plug_struct_item *item)
{
    char format[] = {'x', '0', item->code, '\0'};
    ssize_t n = is_text(item) ? 1 : plug_calcsize(format, NULL);
    return n > 0 ? (size_t)n : 1;
}

/* Does the compiler lay out the bare struct in the same way? Then it needs no attribute. */
static bool is_natural(const struct record *r)
{
    struct plug_struct_item item;
    size_t most = 1, end = 0;
    if (record_mode(r) != '@')
        return false;
    for (size_t i = 0; plug_struct_item(r->s, i, &item) == 0;
         i += is_text(&item) ? 1 : item.repeat) {
        size_t a = alignment(&item);
        most = a > most ? a : most;
        end = item.offset + item.size * (is_text(&item) ? 1 : item.repeat);
    }
    return (end + most - 1) / most * most == plug_struct_size(r->s);
}

/* Is padding before the item more than alignment makes of itself? */
static bool needs_pad(const struct plug_struct_item *item, bool natural)
{
    return item->padding > 0 && (!natural || item->padding >= alignment(item));
}

static void print_pad(struct cmd *c, size_t offset, size_t n)
{
    cmd_print(c, "    char pad_%zu[%zu];\n", offset, n);
}

static const char *note_of(char code)
{
    switch (code) {
    case 'e':
        return ", half float";
    case 'p':
        return ", length byte and text";
    default:
        return "";
    }
}

/* One member; count more than 1: an array, as long as no names are given. */
static void print_member(struct cmd *c, const struct record *r, size_t i,
                         const struct plug_struct_item *item, size_t count)
{
    const char *type = record_c_type(r, item), *space = item->code == 'P' ? "" : " ";
    char name[32], array[32] = "";
    snprintf(name, sizeof name, "item_%zu", i);
    if (is_text(item))
        snprintf(array, sizeof array, "[%zu]", item->size);
    else if (count > 1)
        snprintf(array, sizeof array, "[%zu]", count);
    cmd_print(c, "    %s%s%s%s; /* offset %zu%s */\n", type, space, r->names ? r->names[i] : name,
              array, item->offset, note_of(item->code));
}

static bool is_keyword(const char *name)
{
    static const char words[] =
        " auto bool break case char const continue default do double else enum extern false float "
        "for "
        "goto if inline int long register restrict return short signed sizeof static struct switch "
        "true typedef union unsigned void volatile while asm typeof ";
    char word[32];
    return snprintf(word, sizeof word, " %s ", name) < (int)sizeof word && strstr(words, word);
}

static int check_names(struct cmd *c, const struct record *r)
{
    for (size_t i = 0; r->names && i < plug_struct_count(r->s); i++)
        if (is_keyword(r->names[i]) || strncmp(r->names[i], "pad_", 4) == 0)
            return cmd_usage(c, "--names: '%s' cannot be the name of a member in C", r->names[i]);
    return CMD_YES;
}

static void print_head(struct cmd *c, const struct record *r)
{
    char mode = record_mode(r);
    cmd_print(c, "#include <stdbool.h>\n#include <stdint.h>\n#include <sys/types.h>\n\n");
    cmd_print(c, "/* plug format \"%s\"%s */\n", cmd_safe_str(plug_struct_format(r->s)),
              mode == '<'                  ? ": members are little-endian"
              : mode == '>' || mode == '!' ? ": members are big-endian"
                                           : "");
}

static void print_members(struct cmd *c, const struct record *r, bool natural)
{
    struct plug_struct_item item;
    size_t end = 0, step;
    for (size_t i = 0; plug_struct_item(r->s, i, &item) == 0 && !cmd_signal(); i += step) {
        step = r->names || is_text(&item) ? 1 : item.repeat;
        if (needs_pad(&item, natural))
            print_pad(c, end, item.padding);
        if (item.size > 0)
            print_member(c, r, i, &item, step);
        end = item.offset + item.size * (is_text(&item) ? 1 : step);
    }
    if (!natural && plug_struct_size(r->s) > end)
        print_pad(c, end, plug_struct_size(r->s) - end);
}

int record_print_c(struct cmd *c, const struct record *r)
{
    bool natural = is_natural(r);
    int code = check_names(c, r);
    if (code != CMD_YES)
        return code;
    print_head(c, r);
    cmd_print(c, "struct record {\n");
    print_members(c, r, natural);
    cmd_print(c, "}%s;\n", natural ? "" : " __attribute__((packed))");
    cmd_print(c, "_Static_assert(sizeof(struct record) == %zu, \"size of the format\");\n",
              plug_struct_size(r->s));
    return CMD_YES;
}
