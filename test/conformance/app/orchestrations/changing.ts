import { register, seconds } from './names.js';

let turns = 0;

register({
  // Stands for code that was changed while its instances ran.
  *unstable(context) {
    turns += 1;
    if (turns % 2 === 1) yield context.df.callActivity('say', 'odd');
    else yield context.df.createTimer(seconds(context, 1));
    return 'stable?';
  },
});
