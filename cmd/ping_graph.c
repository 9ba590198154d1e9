/* SPDX-License-Identifier: MIT */
/* --graph: a plot for each host, drawn again as replies come; a line each when there are many. */
#include "graph.h"
#include "ping.h"
#include "screen.h"
#include <string.h>

#define DRAW_EVERY PLUG_MS(100)
#define PLOT_MIN   4 /* rows of a host, its title among them; with fewer it gets a single line */
#define PLOT_MAX   16
#define NOTE       18 /* columns behind a single line: " 1234.5 ms  100 %" */
#define HOSTS_MAX  1000

struct ping_graph {
    struct screen screen;
    struct plug_timer timer;
    struct plug_buf text;
    bool changed;
    size_t hosts;
    struct graph host[];
};

static struct graph_look look_of(const struct cmd *c)
{
    return (struct graph_look){.utf8 = *cmd_mark("u", "") != '\0',
                               .line = cmd_style(c, CMD_GOOD),
                               .lost = cmd_style(c, CMD_BAD),
                               .plain = cmd_style(c, CMD_PLAIN)};
}

static double ms(int64_t time)
{
    return (double)time / 1e6;
}

static const char *loss_style(const struct cmd *c, double loss)
{
    return loss > 0 ? cmd_style(c, CMD_BAD) : "";
}

static void draw_title(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    struct cmd *c = g->c;
    double loss = plug_ping_loss(s) * 100;

    if (s->last < 0) {
        screen_line(c, &g->graph->screen, "%s%s%s  no reply yet", cmd_style(c, CMD_BOLD),
                    g->host[host].shown, cmd_style(c, CMD_PLAIN));
        return;
    }
    screen_line(c, &g->graph->screen,
                "%s%s%s  %s%.3g %% loss%s  last %.3f  avg %.3f  p95 %.3f  max %.3f ms",
                cmd_style(c, CMD_BOLD), g->host[host].shown, cmd_style(c, CMD_PLAIN),
                loss_style(c, loss), loss, cmd_style(c, CMD_PLAIN), ms(s->last), ms(s->avg),
                ms(s->p95), ms(s->max));
}

static void draw_lines(struct ping *g)
{
    const char *line = plug_buf_str(&g->graph->text), *after;

    for (; (after = strchr(line, '\n')) != NULL; line = after + 1)
        screen_line(g->c, &g->graph->screen, "%.*s", (int)(after - line), line);
    plug_buf_clear(&g->graph->text);
}

static void draw_plot(struct ping *g, uint32_t host, const struct plug_ping_stats *s, unsigned rows)
{
    struct ping_graph *v = g->graph;
    struct graph_look look = look_of(g->c);

    draw_title(g, host, s);
    if (graph_plot(&v->host[host], &look, v->screen.columns, rows - 1, &v->text) >= 0)
        draw_lines(g);
}

static void draw_line(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    struct ping_graph *v = g->graph;
    struct cmd *c = g->c;
    struct graph_look look = look_of(c);
    unsigned name = v->screen.columns / 3 < 24 ? v->screen.columns / 3 : 24;
    unsigned room = v->screen.columns > name + NOTE + 2 ? v->screen.columns - name - NOTE - 2 : 1;
    double loss = plug_ping_loss(s) * 100;
    char last[32] = "-";

    if (s->last >= 0)
        ping_time_words(last, sizeof last, s->last);
    if (graph_spark(&v->host[host], &look, room, &v->text) >= 0)
        screen_line(c, &v->screen, "%-*.*s %s %7s ms %s%4.0f %%%s", (int)name, (int)name,
                    g->host[host].shown, plug_buf_str(&v->text), last, loss_style(c, loss), loss,
                    cmd_style(c, CMD_PLAIN));
    plug_buf_clear(&v->text);
}

static void draw(struct ping *g)
{
    struct ping_graph *v = g->graph;
    struct plug_ping_stats s;

    screen_begin(g->c, &v->screen);
    unsigned rows = v->screen.rows > 1 ? v->screen.rows - 1 : 1;
    unsigned each = rows / (unsigned)v->hosts;
    size_t shown = v->hosts <= rows ? v->hosts : rows - 1;
    for (uint32_t i = 0; i < shown; i++) {
        plug_ping_stats(g->engine, i, &s);
        if (each >= PLOT_MIN)
            draw_plot(g, i, &s, each < PLOT_MAX ? each : PLOT_MAX);
        else
            draw_line(g, i, &s);
    }
    if (shown < g->hosts)
        screen_line(g->c, &v->screen, "and %zu more", g->hosts - shown);
    screen_end(g->c, &v->screen);
    v->changed = false;
}

static void due(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct ping *g = arg;

    (void)l;
    (void)t;
    if (g->graph->changed)
        draw(g);
}

static void begin(struct ping *g)
{
    size_t hosts = g->hosts < HOSTS_MAX ? g->hosts : HOSTS_MAX;

    g->graph = plug_calloc(1, sizeof *g->graph + hosts * sizeof g->graph->host[0]);
    if (g->graph == NULL)
        return;
    g->graph->hosts = hosts;
    plug_buf_init(&g->graph->text, 1 << 20);
    if (g->c->tty_out)
        (void)!plug_loop_every(g->loop, &g->graph->timer, DRAW_EVERY, due, g);
}

static void event(struct ping *g, const struct plug_ping_event *e)
{
    struct ping_graph *v = g->graph;
    bool answered = e->type == PLUG_PING_REPLY || e->type == PLUG_PING_LATE;
    bool lost = e->type == PLUG_PING_LOST || (e->type == PLUG_PING_ERROR && e->ended);

    if (v == NULL || e->host >= v->hosts || (!answered && !lost))
        return;
    graph_put(&v->host[e->host], e->seq, answered ? e->rtt : GRAPH_LOST);
    v->changed = true;
}

/* The figures of a window are told in words only. */
static void window(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    (void)g;
    (void)host;
    (void)s;
}

static void end(struct ping *g)
{
    if (g->graph != NULL) {
        draw(g);
        plug_loop_timer_stop(g->loop, &g->graph->timer);
        plug_buf_clear(&g->graph->text);
        plug_free(g->graph);
        g->graph = NULL;
    }
    (g->hosts == 1 ? ping_text_one : ping_text_many).end(g);
}

const struct ping_view ping_graph = {begin, event, window, end};
