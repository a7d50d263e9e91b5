let users = 0, answers = 0;

function newUser(context, events, done) {
  users += 1;
  context.vars.email = `user${users}@example.org`;
  return done();
}

function sign(request, context, events, next) {
  request.headers['x-signature'] = `${context.vars.email}:${JSON.stringify(request.json).length}`;
  return next();
}

function seen(request, response, context, events, next) {
  if (response.statusCode === 200) answers += 1;
  return next();
}

module.exports = { newUser, sign, seen };
