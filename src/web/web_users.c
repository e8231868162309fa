/* SPDX-License-Identifier: MIT */
#include "web/web_users.h"

#include "config.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#ifdef HAVE_CRYPT_RN
#include <crypt.h>
#endif

/* What follows the cost: 22 characters of salt, 31 of hash. */
#define HASH_REST 53
#define HASH_CHARACTERS "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
/* Each step doubles the time, which is a second or so at 14. */
#define COST_MIN 4
#define COST_MAX 14
/* Longer ones are nobody's. */
#define CREDENTIALS_MAX 1024
#define KEY_SIZE 32
#define DIGEST_SIZE 32
#define REMEMBERED_MAX 64

/* What is known of a user's name with a password. */
struct remembered {
	unsigned char digest[DIGEST_SIZE]; /* Of name and password, keyed. */
	bool is_let_in;
};

struct web_users {
	struct labels hashes;
	unsigned char key[KEY_SIZE];
	struct remembered remembered[REMEMBERED_MAX];
	size_t remembered_count;
	size_t next; /* Where the next one goes. */
#ifdef HAVE_CRYPT_RN
	struct crypt_data crypt;
#endif
};

#ifdef HAVE_CRYPT_RN
static bool matches(struct web_users *users, const char *password, const char *hash)
{
	const char *computed = crypt_rn(password, hash, &users->crypt, (int)sizeof(users->crypt));
	size_t length = strlen(hash);
	bool is_same = computed && strlen(computed) == length &&
		       gnutls_memcmp(computed, hash, length) == 0;
	gnutls_memset(&users->crypt, 0, sizeof(users->crypt));
	return is_same;
}
#else
static bool matches(struct web_users *users, const char *password, const char *hash)
{
	(void)users;
	(void)password;
	(void)hash;
	return false;
}
#endif

bool web_users_can_verify(void)
{
#ifdef HAVE_CRYPT_RN
	/* The empty password, at the least cost. */
	static const char hash[] = "$2b$04$......................w74bL5gU7LSJClZClCa.Pkz14aTv/XO";
	struct web_users *users = calloc(1, sizeof(*users));
	bool can = users && matches(users, "", hash);
	free(users);
	return can;
#else
	return false;
#endif
}

void web_users_append_library(struct buffer *buffer)
{
#ifdef XCRYPT_VERSION_STR
	buffer_append_text(buffer, ", libxcrypt " XCRYPT_VERSION_STR);
#else
	(void)buffer;
#endif
}

const char *web_users_check_hash(const char *hash)
{
	static const char other[] =
		"is not a hash of bcrypt, which begins with $2y$, $2b$ or $2a$ (htpasswd -B makes one)";
	if (strncmp(hash, "$2", 2) != 0 || !strchr("aby", hash[2]) || hash[2] == '\0' ||
		hash[3] != '$' || strspn(hash + 4, "0123456789") != 2 || hash[6] != '$')
		return other;
	const char *rest = hash + 7;
	if (strlen(rest) != HASH_REST || strspn(rest, HASH_CHARACTERS) != HASH_REST)
		return "is a hash of bcrypt that is cut, or has stray characters";
	int cost = (hash[4] - '0') * 10 + hash[5] - '0';
	if (cost < COST_MIN || cost > COST_MAX)
		return "is a hash of bcrypt of a cost that is not 4 to 14";
	return NULL;
}

struct web_users *web_users_new(const struct labels *users)
{
	struct web_users *made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	if (labels_copy(users, &made->hashes) != 0 ||
		gnutls_rnd(GNUTLS_RND_KEY, made->key, sizeof(made->key)) != 0) {
		web_users_free(made);
		return NULL;
	}
	return made;
}

void web_users_free(struct web_users *users)
{
	if (!users)
		return;
	labels_clear(&users->hashes);
	gnutls_memset(users, 0, sizeof(*users));
	free(users);
}

/* Verifies name and password, which are texts; slow. */
static bool verify(struct web_users *users, const char *name, const char *password)
{
	const char *hash = NULL;
	const char *value;
	const char *each = NULL;
	/* An unknown name is verified, too, against any hash, and in vain. */
	const char *any = NULL;
	while ((each = labels_next(&users->hashes, each, &value))) {
		any = value;
		if (strcmp(each, name) == 0)
			hash = value;
	}
	const char *tried = hash ? hash : any;
	bool is_match = tried && matches(users, password, tried);
	return hash && is_match;
}

/* The same, or what is remembered of it. credentials: "name", NUL, "password". */
static bool recall(struct web_users *users, const char *credentials, size_t length)
{
	struct remembered now;
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, users->key, sizeof(users->key), credentials, length,
		    now.digest) != 0)
		return false;
	for (size_t i = 0; i < users->remembered_count; i++)
		if (gnutls_memcmp(users->remembered[i].digest, now.digest, DIGEST_SIZE) == 0)
			return users->remembered[i].is_let_in;
	now.is_let_in = verify(users, credentials, credentials + strlen(credentials) + 1);
	users->remembered[users->next] = now;
	users->next = (users->next + 1) % REMEMBERED_MAX;
	if (users->remembered_count < REMEMBERED_MAX)
		users->remembered_count++;
	return now.is_let_in;
}

/* Decodes the base64 of a name, a colon and a password into texts. Returns their length with both NULs, or 0. */
static size_t decode(const char *text, size_t length, char credentials[CREDENTIALS_MAX])
{
	const gnutls_datum_t coded = {(void *)(uintptr_t)text, (unsigned)length};
	gnutls_datum_t plain = {0};
	size_t size = 0;
	if (length == 0 || length > CREDENTIALS_MAX || gnutls_base64_decode2(&coded, &plain) != 0)
		return 0;
	char *colon = memchr(plain.data, ':', plain.size);
	if (colon && plain.size < CREDENTIALS_MAX && !memchr(plain.data, '\0', plain.size)) {
		*colon = '\0';
		memcpy(credentials, plain.data, plain.size);
		credentials[plain.size] = '\0';
		size = plain.size + 1;
	}
	gnutls_memset(plain.data, 0, plain.size);
	gnutls_free(plain.data);
	return size;
}

bool web_users_let_in(struct web_users *users, const char *authorization, size_t length)
{
	static const char scheme[] = "Basic ";
	const size_t scheme_length = sizeof(scheme) - 1;
	char credentials[CREDENTIALS_MAX];
	if (length < scheme_length || strncasecmp(authorization, scheme, scheme_length) != 0)
		return false;
	const char *coded = authorization + scheme_length;
	while (coded < authorization + length && *coded == ' ')
		coded++;
	size_t size = decode(coded, (size_t)(authorization + length - coded), credentials);
	bool is_let_in = size > 0 && recall(users, credentials, size);
	gnutls_memset(credentials, 0, sizeof(credentials));
	return is_let_in;
}
