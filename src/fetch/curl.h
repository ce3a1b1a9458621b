/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, loaded when it is needed. Most runs fetch nothing, and with the thirty libraries that it
 * needs in turn, loading it takes longer than all else that is done where nothing changed. So the
 * program is not linked with it: its functions are looked up by name. A program for any machine
 * (KB_PORTABLE: make wheel) has libcurl in it, with no more than is needed.
 */
#ifndef FETCH_CURL_H
#define FETCH_CURL_H
#include <curl/curl.h>

struct err;
typedef void curl_any(void);
/* Comes before any call of libcurl. Fails with ERR_SYS when it is not there. */
int curl_load(struct err *e);
curl_any *curl_function(const char *name);
/* The file of authorities that the environment names (SSL_CERT_FILE and its kin); NULL: libcurl's
 * own. A program for any machine looks for one where distributions have theirs. */
const char *curl_ca_file(void);

#undef curl_easy_getinfo /* macros of its header, which look at types */
#undef curl_easy_setopt
#undef curl_multi_setopt
#ifndef KB_PORTABLE
#define CURL_LATE(name) ((__typeof__(&name))curl_function(#name))
#define curl_easy_cleanup CURL_LATE(curl_easy_cleanup)
#define curl_easy_getinfo CURL_LATE(curl_easy_getinfo)
#define curl_easy_init CURL_LATE(curl_easy_init)
#define curl_easy_setopt CURL_LATE(curl_easy_setopt)
#define curl_easy_strerror CURL_LATE(curl_easy_strerror)
#define curl_easy_unescape CURL_LATE(curl_easy_unescape)
#define curl_free CURL_LATE(curl_free)
#define curl_global_init CURL_LATE(curl_global_init)
#define curl_multi_add_handle CURL_LATE(curl_multi_add_handle)
#define curl_multi_cleanup CURL_LATE(curl_multi_cleanup)
#define curl_multi_info_read CURL_LATE(curl_multi_info_read)
#define curl_multi_init CURL_LATE(curl_multi_init)
#define curl_multi_perform CURL_LATE(curl_multi_perform)
#define curl_multi_poll CURL_LATE(curl_multi_poll)
#define curl_multi_remove_handle CURL_LATE(curl_multi_remove_handle)
#define curl_multi_setopt CURL_LATE(curl_multi_setopt)
#define curl_multi_socket_action CURL_LATE(curl_multi_socket_action)
#define curl_slist_append CURL_LATE(curl_slist_append)
#define curl_slist_free_all CURL_LATE(curl_slist_free_all)
#define curl_url CURL_LATE(curl_url)
#define curl_url_cleanup CURL_LATE(curl_url_cleanup)
#define curl_url_get CURL_LATE(curl_url_get)
#define curl_url_set CURL_LATE(curl_url_set)
#endif
#endif
