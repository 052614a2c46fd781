// Writes a comment of a pull request, or changes the one that it has written before.
const {
  MARKDOWN,
  PULL_REQUEST = '',
  COMMIT = '',
  NAME = '',
  TOKEN,
  AUTHOR,
  GITHUB_API_URL,
  GITHUB_REPOSITORY,
} = process.env;

/** Comments of one page; GitHub gives 100 at most. */
const PAGE = 100;

/** @param {string} message ends the step; it has no text of others */
function refuse(message) {
  console.log(`::error title=crctl comment::${message}`);
  process.exit(1);
}

if (!/^\d{1,10}$/.test(PULL_REQUEST)) refuse('The input pull-request is not a number.');
if (!/^[0-9a-f]{40}$/.test(COMMIT)) refuse('The input commit is not a commit in full.');
if (!/^[\w-]{1,50}$/.test(NAME)) refuse('The input name has other characters than letters, digits, hyphens.');

/**
 * @param {string} method
 * @param {string} path below the repository
 * @param {object} [body]
 * @returns {Promise<unknown>} the answer's JSON
 */
async function request(method, path, body) {
  const answer = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${TOKEN}`,
      'x-github-api-version': '2022-11-28',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok)
    refuse(
      `GitHub answers ${answer.status} to ${method} of comments. The job needs the permission pull-requests: write.`,
    );
  return answer.json();
}

// Nobody sees it; it tells this comment from others of the same author.
const marker = `<!-- crctl ${NAME} -->`;

/** @typedef {{ id: number, user?: { login?: string } | null, body?: string | null }} Comment */

async function existing() {
  for (let page = 1; ; page++) {
    const path = `/issues/${PULL_REQUEST}/comments?per_page=${PAGE}&page=${page}`;
    const comments = /** @type {Comment[]} */ (await request('GET', path));
    // Others may have written the marker, too.
    const own = comments.find(({ user, body }) => user?.login === AUTHOR && body?.startsWith(marker));
    if (own || comments.length < PAGE) return own;
  }
}

const body = `${marker}\n${MARKDOWN}\n\nFor commit ${COMMIT}.`;
const own = await existing();
if (own) await request('PATCH', `/issues/comments/${own.id}`, { body });
else await request('POST', `/issues/${PULL_REQUEST}/comments`, { body });
console.log(own ? 'The comment is changed.' : 'The comment is written.');
