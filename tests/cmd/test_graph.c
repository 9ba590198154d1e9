/* SPDX-License-Identifier: MIT */
#include "graph.h"
#include "t.h"
#include <string.h>

static struct graph g;
static const struct graph_look utf8 = {true, "", "", ""}, ascii = {false, "", "", ""};

static const char *plot(const struct graph_look *look, unsigned columns, unsigned rows)
{
    struct plug_buf *b = t_buf(1 << 16);

    T_OK(graph_plot(&g, look, columns, rows, b));
    return T_PTR((void *)plug_buf_str(b));
}

static const char *spark(const struct graph_look *look, unsigned columns)
{
    struct plug_buf *b = t_buf(1 << 16);

    T_OK(graph_spark(&g, look, columns, b));
    return T_PTR((void *)plug_buf_str(b));
}

static void rising(unsigned n, int64_t step)
{
    g = (struct graph){0};
    for (unsigned i = 0; i < n; i++)
        graph_put(&g, i, (int64_t)(i + 1) * step);
}

T_TEST(graph_of_nothing_is_an_empty_scale)
{
    g = (struct graph){0};
    T_STR(plot(&ascii, GRAPH_LABEL + 4, 3), "0.001 ms|    \n"
                                            "    0 ms|    \n"
                                            "        +----\n");
    T_STR(spark(&ascii, 4), "    ");
}

T_TEST(graph_rises_from_left_to_right_and_ends_at_a_round_number)
{
    rising(8, PLUG_MS(1));
    T_STR(plot(&ascii, GRAPH_LABEL + 4, 3), "   10 ms|  .-\n"
                                            "    0 ms|-'  \n"
                                            "        +----\n");
    T_STR(plot(&utf8, GRAPH_LABEL + 4, 3), "   10 ms\u2524\u2800\u2800\u28c0\u2814\n"
                                           "    0 ms\u2524\u2824\u280a\u2800\u2800\n"
                                           "        \u2514\u2500\u2500\u2500\u2500\n");
}

T_TEST(graph_has_its_axis_in_one_column)
{
    for (int64_t step = 250; step < PLUG_S(10); step *= 3) {
        rising(8, step);
        const char *line = plot(&ascii, GRAPH_LABEL + 4, 13);
        for (unsigned row = 0; row < 12; row++, line = strchr(line, '\n') + 1)
            T_EQ(strcspn(line, "|"), GRAPH_LABEL - 1);
    }
}

T_TEST(graph_tells_losses_at_the_axis_and_leaves_a_hole)
{
    rising(8, PLUG_MS(1));
    graph_put(&g, 3, GRAPH_LOST);
    T_STR(spark(&ascii, 10), "  .,-x=+*#");
    const char *text = plot(&ascii, GRAPH_LABEL + 4, 3);
    T_TRUE(strstr(text, "+-x--\n") != NULL);
}

/* The answer of a probe that was given up comes in the end. */
T_TEST(graph_takes_a_late_answer_in_place_of_a_loss)
{
    rising(4, PLUG_MS(1));
    graph_put(&g, 2, GRAPH_LOST);
    T_TRUE(strchr(spark(&ascii, 4), 'x') != NULL);
    graph_put(&g, 2, PLUG_MS(3));
    T_TRUE(strchr(spark(&ascii, 4), 'x') == NULL);
}

T_TEST(graph_keeps_the_newest_and_ignores_what_is_too_old)
{
    g = (struct graph){0};
    for (unsigned n = GRAPH_SAMPLES - 1; n <= GRAPH_SAMPLES + 1; n++)
        graph_put(&g, n, PLUG_MS(1));
    graph_put(&g, 1, GRAPH_LOST); /* its place belongs to a later one */
    T_EQ(g.end, GRAPH_SAMPLES + 2);
    T_TRUE(strchr(spark(&ascii, GRAPH_SAMPLES), 'x') == NULL);
    graph_put(&g, 2, GRAPH_LOST);
    T_TRUE(spark(&ascii, GRAPH_SAMPLES)[0] == 'x');
}

T_TEST_PLAIN(graph_draws_every_size_within_its_lines)
{
    rising(GRAPH_SAMPLES, PLUG_MS(1));
    for (unsigned columns = 0; columns < 600; columns += 7)
        for (unsigned rows = 0; rows < 80; rows += 9) {
            const char *text = plot(&ascii, columns, rows);
            size_t first = strcspn(text, "\n"), lines = 0;
            for (const char *p = text; *p != '\0'; p += first + 1, lines++)
                T_EQ(strcspn(p, "\n"), first);
            T_TRUE(lines >= 2 && lines <= (rows > 2 ? rows : 2));
            T_TRUE(first <= (columns > GRAPH_LABEL ? columns : GRAPH_LABEL + 1));
            t_end_owned();
        }
}
