// Something to say, for those who have nothing on their mind.

export const SAMPLES = [
  {
    label: "English",
    language: "en-US",
    text:
      "Good morning! I speak while you are still writing: the first words leave as soon as they make sense, and the " +
      "rest follows without a gap. Your order of 3 books comes to $42.50 and arrives on 5 May. Interrupt me whenever " +
      "you like, and I will know exactly which words you heard.",
  },
  {
    label: "हिन्दी",
    language: "hi",
    text:
      "नमस्ते! आप लिखते रहिए, मैं बोलता रहूँगा। पहले शब्द तुरंत सुनाई देते हैं और बाकी बिना रुके आते हैं। " +
      "आपकी 3 किताबों का मूल्य 450 रुपये है। जब चाहें मुझे बीच में रोकिए, मुझे पता रहेगा कि आपने कौन से शब्द सुने।",
  },
  {
    label: "తెలుగు",
    language: "te",
    text:
      "నమస్కారం! మీరు రాస్తూ ఉండగానే నేను మాట్లాడతాను. మొదటి మాటలు వెంటనే వినిపిస్తాయి, మిగతావి ఆగకుండా వస్తాయి. " +
      "మీ 3 పుస్తకాల ధర 450 రూపాయలు. మీరు ఎప్పుడైనా నన్ను ఆపవచ్చు, మీరు ఏ మాటలు విన్నారో నాకు తెలుస్తుంది.",
  },
  {
    label: "LLM answer",
    language: "en-US",
    text: `## Your trip to Leeds

[happy] Sure! Here is the **plan** for _Friday, 5 May 2028_:

- **Train** at 9:05 am, about 2-3 hours, **$42.50** one way ([map](maps.example/leeds))
- Lunch for 2 at 12:30 pm, and a walk of 1.5 km
- ~~Museum~~ closed on Fridays

<break time="500ms"/> Shall I **book** it? You save 15% today!
`,
  },
  {
    label: "LLM का जवाब",
    language: "hi",
    text: `## आपकी पुणे यात्रा

[happy] ज़रूर! यह रही **5 मई 2028** की _योजना_:

- **ट्रेन** सुबह 9:05 बजे, किराया **₹1,250**
- दोपहर 12:30 बजे खाना, फिर 1.5 किमी की सैर
- होटल का खर्च **₹1,50,000** नहीं, केवल ₹4,500 ([नक्शा](maps.example/pune))

<break time="500ms"/> क्या मैं टिकट **बुक** करूँ? आज 15% की छूट है!
`,
  },
];
