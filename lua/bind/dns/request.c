/* SPDX-License-Identifier: MIT
 * Options to a request: rows say what there is, the message is built by the exchange room. */
#include "dns/request.h"

#include <string.h>

#include <lauxlib.h>

#include "vm/arg.h"
#include "vm/state.h"

#define PADDING_MAX_BYTES 512 /* block size, as in dig */
#define LOOPBACK_QPS      100.0

struct values {
    bool rd, cd, ad, dnssec, nsid, question, unpaced, tcp_fallback;
    bool cookie, rrclass, df; /* given */
    enum dp_arg_switch edns;
    int64_t opcode, qid, padding, port, tries;
    uint64_t timeout_us, late_us, linger_us;
    double qps;
    struct dp_arg_text subnet, label, transport;
    struct dp_arg_text name, server, type; /* where they are strings */
};

#define FIELD(member) offsetof(struct values, member)
static const struct dp_arg_row rows[] = {
    {"ad", DP_ARG_BOOL, FIELD(ad), 0, 0, NULL},
    {"cd", DP_ARG_BOOL, FIELD(cd), 0, 0, NULL},
    {"class", DP_ARG_GIVEN, FIELD(rrclass), 0, 0, NULL},
    {"cookie", DP_ARG_GIVEN, FIELD(cookie), 0, 0, NULL},
    {"df", DP_ARG_GIVEN, FIELD(df), 0, 0, NULL},
    {"dnssec", DP_ARG_BOOL, FIELD(dnssec), 0, 0, NULL},
    {"edns", DP_ARG_SWITCH, FIELD(edns), 0, 0, NULL},
    {"label", DP_ARG_STRING, FIELD(label), 0, 0, NULL},
    {"late", DP_ARG_SECONDS, FIELD(late_us), 0, 3600, NULL},
    {"linger", DP_ARG_SECONDS, FIELD(linger_us), 0, 60, NULL},
    {"name", DP_ARG_TEXT, FIELD(name), 0, 0, NULL},
    {"nsid", DP_ARG_BOOL, FIELD(nsid), 0, 0, NULL},
    {"opcode", DP_ARG_INT, FIELD(opcode), 0, 15, NULL},
    {"padding", DP_ARG_INT, FIELD(padding), 0, PADDING_MAX_BYTES, NULL},
    {"port", DP_ARG_INT, FIELD(port), 1, 65535, NULL},
    {"qid", DP_ARG_INT, FIELD(qid), 0, 65535, NULL},
    {"qps", DP_ARG_NUMBER, FIELD(qps), 0, 1e6, NULL},
    {"question", DP_ARG_BOOL, FIELD(question), 0, 0, NULL},
    {"rd", DP_ARG_BOOL, FIELD(rd), 0, 0, NULL},
    {"server", DP_ARG_TEXT, FIELD(server), 0, 0, NULL},
    {"subnet", DP_ARG_STRING, FIELD(subnet), 0, 0, NULL},
    {"tcp_fallback", DP_ARG_BOOL, FIELD(tcp_fallback), 0, 0, NULL},
    {"timeout", DP_ARG_SECONDS, FIELD(timeout_us), 0.001, 3600, NULL},
    {"transport", DP_ARG_STRING, FIELD(transport), 0, 0, NULL},
    {"tries", DP_ARG_INT, FIELD(tries), 1, 16, NULL},
    {"type", DP_ARG_TEXT, FIELD(type), 0, 0, NULL},
    {"unpaced", DP_ARG_BOOL, FIELD(unpaced), 0, 0, NULL},
};

/* cookie = true (eight fresh octets, RFC 7873) or the octets themselves. */
static void add_cookie(lua_State *L, struct dp_edns_arg *edns)
{
    size_t size = 0;
    int type = lua_getfield(L, 1, "cookie");
    if (type == LUA_TBOOLEAN && lua_toboolean(L, -1)) {
        uint64_t fresh = dp_rand_u64(&dp_state_get(L)->rand);
        memcpy(edns->cookie, &fresh, sizeof edns->cookie);
        dp_edns_arg_add(L, 1, edns, DP_EDNS_COOKIE, edns->cookie, sizeof edns->cookie);
    } else if (type == LUA_TSTRING) {
        const char *octets = lua_tolstring(L, -1, &size);
        dp_edns_arg_add(L, 1, edns, DP_EDNS_COOKIE, octets, size);
    } else {
        luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN, 1,
                      "option 'cookie' must be true, false or a string");
    }
    lua_pop(L, 1);
}

/* edns = false | { size, ... } and the short words. */
static void read_edns(lua_State *L, const struct values *v, struct dp_edns_arg *edns)
{
    if (v->edns != DP_ARG_OTHER) {
        dp_edns_arg_default(edns, v->edns != DP_ARG_OFF);
    } else {
        luaL_argcheck(L, lua_getfield(L, 1, "edns") == LUA_TTABLE, 1,
                      "option 'edns' must be false or a table");
        dp_edns_arg_read(L, 1, -1, edns);
        lua_pop(L, 1);
    }
    if (v->dnssec) {
        edns->edns.flags |= DP_EDNS_DO;
    }
    if (v->nsid) {
        dp_edns_arg_add(L, 1, edns, DP_EDNS_NSID, "", 0);
    }
    if (v->cookie) {
        add_cookie(L, edns);
    }
    if (v->subnet.data != NULL) {
        dp_edns_arg_subnet(L, 1, edns, v->subnet.data, v->subnet.size_bytes);
    }
    luaL_argcheck(L, edns->edns.present || (edns->edns.n_options == 0 && !v->dnssec && v->padding == 0), 1,
                  "edns = false leaves no place for dnssec, nsid, cookie, subnet or padding");
}

/* Pads the message with an option (RFC 7830) to a multiple of `block` octets. */
static enum dp_err build_padded(lua_State *L, const struct dp_query_spec *spec, struct dp_edns_arg *edns,
                                size_t block, struct dp_request *request)
{
    static const uint8_t zeros[PADDING_MAX_BYTES] = {0};
    enum dp_err err = dp_query_build(spec, request->wire, sizeof request->wire, &request->size_bytes);
    if (err != DP_OK || block == 0) {
        return err;
    }
    size_t unpadded = request->size_bytes + 4; /* with the option's own head */
    dp_edns_arg_add(L, 1, edns, DP_EDNS_PADDING, zeros, (block - unpadded % block) % block);
    struct dp_query_spec padded = *spec;
    padded.edns = edns->edns;
    return dp_query_build(&padded, request->wire, sizeof request->wire, &request->size_bytes);
}

/* The options that are strings, nearly always, and were noted as such; else they are taken as they are, or
 * refused. */
static void read_name(lua_State *L, const struct values *v, struct dp_name *name)
{
    if (v->name.data != NULL) {
        dp_arg_name_text(L, 1, &v->name, "option 'name'", name);
        return;
    }
    lua_getfield(L, 1, "name");
    dp_arg_name(L, 1, -1, "option 'name'", name);
    lua_pop(L, 1);
}

static uint16_t read_type(lua_State *L, const struct values *v)
{
    if (v->type.data != NULL) {
        return dp_arg_type_text(L, 1, &v->type, "option 'type'");
    }
    const uint16_t type =
        lua_getfield(L, 1, "type") != LUA_TNIL ? dp_arg_type(L, 1, -1, "option 'type'") : (uint16_t)DP_TYPE_A;
    lua_pop(L, 1);
    return type;
}

static void read_server(lua_State *L, const struct values *v, struct dp_addr *server)
{
    if (v->server.data != NULL) {
        dp_arg_addr_text(L, 1, &v->server, "option 'server'", (uint16_t)v->port, server);
        return;
    }
    lua_getfield(L, 1, "server");
    dp_arg_addr(L, 1, -1, "option 'server'", (uint16_t)v->port, server);
    lua_pop(L, 1);
}

/* Builds the message. */
static void build(lua_State *L, const struct values *v, struct dp_request *request)
{
    struct dp_edns_arg edns;
    struct dp_query_spec spec = {.opcode = (uint8_t)v->opcode,
                                 .rd = v->rd,
                                 .cd = v->cd,
                                 .ad = v->ad,
                                 .no_question = !v->question,
                                 .rrclass = DP_CLASS_IN};
    read_name(L, v, &spec.name);
    spec.type = read_type(L, v);
    if (v->rrclass) {
        lua_getfield(L, 1, "class");
        spec.rrclass = dp_arg_class(L, 1, -1, "option 'class'");
        lua_pop(L, 1);
    }
    read_edns(L, v, &edns);
    spec.edns = edns.edns;
    enum dp_err err = build_padded(L, &spec, &edns, (size_t)v->padding, request);
    if (err != DP_OK) {
        luaL_argerror(L, 1, dp_err_text(err));
    }
    if (v->qid >= 0) {
        request->wire[0] = (uint8_t)(v->qid >> 8);
        request->wire[1] = (uint8_t)(v->qid & 0xff);
    }
}

/* Whether the destination may be asked; if not, pushes nil, message, code. */
static bool permitted(lua_State *L, const struct dp_addr *server)
{
    const struct dp_state *state = dp_state_get(L);
    char text[DP_ADDR_TEXT_BYTES];
    const enum dp_guard_ruling ruling = dp_state_rule(L, server, false);
    if (ruling != DP_GUARD_PERMITTED) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s %s",
                        (ruling == DP_GUARD_PORTS ? dp_addr_text_port : dp_addr_text)(server, text),
                        dp_guard_text(ruling));
        lua_pushstring(L, dp_guard_code(ruling));
        return false;
    }
    if (state->settings.family != 0 && server->family != state->settings.family) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: only IPv%d is to be used", dp_addr_text(server, text),
                        state->settings.family);
        lua_pushliteral(L, "family");
        return false;
    }
    return true;
}

/* What code on a leash may not ask for: to send without the pacer, or to raise the ceiling per server. On
 * loopback nobody else is hit: there it may ask for as much as the step rate-limit climbs to. */
static double leashed_qps(lua_State *L, const struct values *v, const struct dp_addr *server)
{
    const struct dp_state *state = dp_state_get(L);
    if (state->scheduler.leash == NULL) {
        return v->qps;
    }
    luaL_argcheck(L, !v->unpaced, 1, "option 'unpaced' is not for runbooks");
    const bool local = dp_addr_scope(server) == DP_ADDR_LOOPBACK;
    const double given = state->settings.qps_most;
    const double most = local && given < LOOPBACK_QPS ? LOOPBACK_QPS : given;
    return state->guard.mode != DP_GUARD_LOOPBACK && v->qps > most ? most : v->qps;
}

/* Option `df`: true, false, or absent for what the system does by itself. */
static enum dp_df check_df(lua_State *L)
{
    const int type = lua_getfield(L, 1, "df");
    luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN, 1, "option 'df': true or false expected");
    const enum dp_df df = type == LUA_TNIL ? DP_DF_SYSTEM : lua_toboolean(L, -1) ? DP_DF_SET : DP_DF_CLEAR;
    lua_pop(L, 1);
    return df;
}

bool dp_request_read(lua_State *L, struct dp_request *request, bool query)
{
    const struct dp_settings *settings = &dp_state_get(L)->settings;
    struct values v = {.rd = true,
                       .question = true,
                       .qid = -1,
                       .tries = 1,
                       .port = settings->port,
                       .tcp_fallback = true,
                       .timeout_us = settings->timeout_us,
                       .late_us = settings->late_us,
                       .linger_us = settings->linger_us};
    memset(&request->params, 0, sizeof request->params);
    v.tries = query ? 1 : 0;
    dp_arg_table(L, 1, false, rows, sizeof rows / sizeof rows[0], &v);
    luaL_argcheck(L, query || v.tries == 0, 1, "option 'tries' is for dns.query: an exchange is one message");
    struct dp_exchange_params *p = &request->params;
    if (v.transport.data != NULL && dp_transport_from_text(v.transport.data, &p->transport) != DP_OK) {
        luaL_argerror(
            L, 1, lua_pushfstring(L, "option 'transport' '%s' is not known (udp, tcp)", v.transport.data));
    }
    read_server(L, &v, &p->server);
    build(L, &v, request);
    p->query = request->wire;
    p->query_size = request->size_bytes;
    p->timeout_us = v.timeout_us;
    p->late_us = v.late_us;
    p->linger_us = v.linger_us;
    p->keep_id = v.qid >= 0;
    p->unpaced = v.unpaced;
    p->df = v.df ? check_df(L) : DP_DF_SYSTEM;
    p->qps = leashed_qps(L, &v, &p->server);
    request->tries = v.tries;
    request->labelled = v.label.data != NULL;
    request->tcp_fallback = v.tcp_fallback;
    return permitted(L, &p->server);
}
